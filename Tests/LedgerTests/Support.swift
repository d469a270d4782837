import Foundation
import Ledger
import Posix
import Records
import Testing

/// 2026-11-21T10:00:00.123456Z.
let morning = Timestamp(microseconds: 1_795_255_200_123_456)
let day: Int64 = 86_400_000_000

extension Timestamp {
    static func + (time: Timestamp, microseconds: Int64) -> Timestamp {
        Timestamp(microseconds: time.microseconds + microseconds)
    }
}

/// A state directory of a test's own, gone with the value.
final class TemporaryLedger: Sendable {
    let directory: LedgerDirectory
    var reader: LedgerReader { LedgerReader(directory) }

    init() {
        let path = FileManager.default.temporaryDirectory.path + "/ledger-" + UUID().uuidString
        directory = LedgerDirectory(state: path)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory.state) }

    /// Puts a segment there as a writer that is gone would have left it.
    @discardableResult
    func plant(
        _ content: [UInt8], at time: Timestamp = morning, writer: UInt32 = 1
    ) throws -> SegmentName {
        let name = SegmentName(
            openedAt: time, by: WriterIdentity(pid: 2_000_000_000, random: writer))
        try FileManager.default.createDirectory(
            atPath: directory.path(of: name.day), withIntermediateDirectories: true)
        try Data(content).write(to: URL(filePath: directory.path(of: name)))
        return name
    }

    @discardableResult
    func plant(
        _ text: String, at time: Timestamp = morning, writer: UInt32 = 1
    ) throws -> SegmentName {
        try plant(Array(text.utf8), at: time, writer: writer)
    }

    func append(_ text: String, to segment: SegmentName) throws {
        let file = try #require(FileHandle(forWritingAtPath: directory.path(of: segment)))
        try file.seekToEnd()
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    /// Every valid line, as text, and what the reader said.
    func lines() throws -> (lines: [String], reading: LedgerReading) {
        var lines: [String] = []
        let reading = try reader.forEachLine { line in
            lines.append(text(line))
            return .goOn
        }
        return (lines, reading)
    }

    func path(_ segment: SegmentName?) throws -> String {
        directory.path(of: try existing(segment))
    }
}

/// `#require` copies what it is shown, and a writer cannot be: this takes its property instead.
func existing(_ segment: SegmentName?) throws -> SegmentName { try #require(segment) }

func text(_ line: Span<UInt8>) -> String {
    line.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
}

func line(_ number: Int) -> [UInt8] { Array("{\"n\":\(number)}\n".utf8) }

func permissions(_ path: String) throws -> Int {
    let value = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
    return try #require((value as? NSNumber)?.intValue)
}

/// Sebastiano Vigna's splitmix64: the same numbers for the same seed, everywhere.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
