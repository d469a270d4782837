import Foundation
import Posix
import Testing

/// A file that several processes have as memory, and what becomes of it when somebody cuts it.
struct MappedFileTests {
    private static let bytes = 20_000

    /// A file of a test's own.
    private final class Place {
        let path = FileManager.default.temporaryDirectory.path + "/mapped-" + UUID().uuidString
        deinit { try? FileManager.default.removeItem(atPath: path) }

        func map() throws -> MappedFile {
            let file = try Descriptor.open(path, O_RDWR | O_CREAT)
            return try MappedFile(file, count: bytes)
        }

        func cut(to size: off_t) { #expect(truncate(path, size) == 0) }
    }

    init() { MappedFile.prepare() }

    private func expect(
        _ memory: borrowing MappedFile, isBroken expected: Bool,
        _ place: SourceLocation = #_sourceLocation
    ) {
        let isBroken = memory.isBroken
        #expect(isBroken == expected, sourceLocation: place)
    }

    @Test func `what one stores the others load, and readers of the file read`() throws {
        let place = Place()
        let one = try place.map()
        let two = try place.map()
        one.start.storeBytes(of: 7, toByteOffset: 16_384, as: UInt64.self)
        #expect(two.start.load(fromByteOffset: 16_384, as: UInt64.self) == 7)
        let content = try Data(contentsOf: URL(filePath: place.path))
        #expect(content.count == Self.bytes)
        #expect(content[16_384] == 7)
        expect(one, isBroken: false)
        expect(two, isBroken: false)
    }

    @Test func `all of a file is on the disk before it is memory, and what is there stays`() throws
    {
        let place = Place()
        try writeWholeFile(place.path, [1, 2, 3])
        let memory = try place.map()
        var status = stat()
        #expect(stat(place.path, &status) == 0)
        #expect(Int(status.st_size) == Self.bytes)
        #expect(Int(status.st_blocks) * 512 >= Self.bytes)
        #expect(memory.start.load(fromByteOffset: 2, as: UInt8.self) == 3)
        #expect(memory.start.load(fromByteOffset: 3, as: UInt8.self) == 0)
    }

    @Test(arguments: [0, 5_000, 16_000] as [off_t])
    func `a file that is cut becomes memory of our own at the next touch`(size: off_t) throws {
        let place = Place()
        let other = Place()
        let memory = try place.map()
        let unharmed = try other.map()
        memory.start.storeBytes(of: 7, as: UInt64.self)
        place.cut(to: size)
        // Nobody has touched what is gone.
        expect(memory, isBroken: false)
        memory.start.storeBytes(of: 9, toByteOffset: 16_384, as: UInt64.self)
        expect(memory, isBroken: true)
        #expect(memory.start.load(fromByteOffset: 16_384, as: UInt64.self) == 9)
        #expect(memory.start.load(as: UInt64.self) == 0)
        expect(unharmed, isBroken: false)
        // Mapped anew it is whole, and shared.
        let again = try place.map()
        expect(again, isBroken: false)
        again.start.storeBytes(of: 3, toByteOffset: 16_384, as: UInt64.self)
        #expect(try Data(contentsOf: URL(filePath: place.path))[16_384] == 3)
    }

    @Test func `any number of threads may meet the cut at once`() throws {
        let place = Place()
        let memory = try place.map()
        place.cut(to: 0)
        let start = UInt(bitPattern: memory.start)
        let threads = try (0..<8).map { number in
            try Posix.Thread.start(name: "cut") {
                guard let start = UnsafeMutableRawPointer(bitPattern: start) else { return }
                for turn in 0..<100 {
                    start.storeBytes(
                        of: UInt8(turn), toByteOffset: number * 2_000 + turn, as: UInt8.self)
                }
            }
        }
        for thread in threads { thread.join() }
        expect(memory, isBroken: true)
    }

    @Test func `what cannot be mapped is an error`() throws {
        let file = try Descriptor.open("/dev/null", O_RDWR)
        #expect(throws: SystemError.self) { _ = try MappedFile(file, count: Self.bytes) }
        let place = Place()
        try writeWholeFile(place.path, [])
        let readable = try Descriptor.open(place.path, O_RDONLY)
        #expect(throws: SystemError.self) { _ = try MappedFile(readable, count: Self.bytes) }
    }

    @Test func `mappings that are given back can be had again`() throws {
        let place = Place()
        for _ in 0..<2_000 { expect(try place.map(), isBroken: false) }
    }
}
