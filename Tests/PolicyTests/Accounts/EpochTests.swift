import Foundation
import Posix
import Testing

@testable import Policy

/// The number that relays share.
struct EpochTests {
    private final class Place {
        let path = FileManager.default.temporaryDirectory.path + "/epoch-" + UUID().uuidString
        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    init() { MappedFile.prepare() }

    /// `#expect` takes apart what it is given, which is not to be copied here.
    private func expect(_ isSo: Bool, _ place: SourceLocation = #_sourceLocation) {
        #expect(isSo, sourceLocation: place)
    }

    @Test func `who is second finds it moved`() throws {
        let place = Place()
        let one = try Epoch(place.path)
        let two = try Epoch(place.path)
        let value = one.value
        #expect(value != Epoch.unknown)
        expect(two.value == value)
        expect(one.advance(from: value))
        expect(!two.advance(from: value))
        expect(two.value == Epoch.after(value))
        expect(two.advance() == Epoch.after(value))
        expect(one.value == Epoch.after(Epoch.after(value)))
        #expect(Epoch.after(.max) != Epoch.unknown)
    }

    @Test func `none of many moves is lost`() throws {
        let place = Place()
        let epoch = try Epoch(place.path)
        let first = epoch.value
        let path = place.path
        let threads = try (0..<4).map { _ in
            try Posix.Thread.start(name: "mover") {
                guard let epoch = try? Epoch(path) else { return }
                for _ in 0..<10_000 { _ = epoch.advance() }
            }
        }
        for thread in threads { thread.join() }
        var expected = first
        for _ in 0..<40_000 { expected = Epoch.after(expected) }
        expect(epoch.value == expected)
    }

    @Test func `a file that was cut, or filled anew, never has a value it had`() throws {
        let place = Place()
        let epoch = try Epoch(place.path)
        let value = epoch.value
        #expect(truncate(place.path, 0) == 0)
        // Filled anew before anybody touched it: the same file, and still shared.
        let other = try Epoch(place.path)
        expect(epoch.value != value)
        expect(epoch.value == other.value)
        expect(!epoch.isBroken)
        #expect(truncate(place.path, 0) == 0)
        _ = epoch.value
        expect(epoch.isBroken)
        expect(!epoch.isCurrent(place.path))
    }

    @Test func `a file that was replaced is not current`() throws {
        let place = Place()
        let epoch = try Epoch(place.path)
        expect(epoch.isCurrent(place.path))
        try removeFile(place.path)
        expect(!epoch.isCurrent(place.path))
        let other = try Epoch(place.path)
        expect(!epoch.isCurrent(place.path))
        expect(other.isCurrent(place.path))
        expect(epoch.value != other.value)
    }
}
