package import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Whether more lines may come.
package enum WriterState: Equatable, Sendable {
    case alive
    /// The writer is gone, or went on to another segment: what is there is all there is, but for
    /// `begin` lines that a guardian may add shortly after.
    case gone
}

/// What a reading of one segment met.
package struct SegmentReading: Equatable, Sendable {
    /// Where to read on: after the last whole line that was taken or skipped.
    package var nextOffset: UInt64
    /// Lines given to the caller.
    package var lines = 0
    /// Lines passed over: no JSON object, a NUL in them, longer than `lineBytesMax`.
    package var skipped = 0
    /// Whether the caller stopped before the end.
    package var isStopped = false
    /// Bytes after `nextOffset` that end without a newline.
    package var unfinishedBytes: UInt64 = 0
    /// As it was before the first byte was read.
    package var writer: WriterState
    /// Whether the file had become shorter than the offset asked for, or the offset was inside a
    /// line, so that it was read from the beginning.
    package var isRestarted = false

    /// Whether the file ends in a line that nobody will finish.
    package var isTorn: Bool { unfinishedBytes > 0 && writer == .gone }
}

/// What a caller wants after a line.
package enum Flow: Sendable { case goOn, stop }

/// A segment open for reading.
package struct SegmentFile: ~Copyable {
    private let file: Descriptor
    private let pid: Int32

    /// Nil when the segment is not there any more.
    package init?(_ name: SegmentName, in directory: LedgerDirectory) throws(LedgerError) {
        pid = name.writer.pid
        let path = directory.path(of: name)
        do {
            // Not to wait for a writer, should it be a named pipe.
            file = try Descriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        } catch  where error.code == ENOENT {
            return nil
        } catch {
            throw LedgerError(action: .read, path: path, cause: error)
        }
    }

    /// Asks the writer's lock. Where the file system has none, the process id has to do.
    package func writer() -> WriterState {
        do {
            guard try file.tryLock(.shared) else { return .alive }
            file.unlock()
            return .gone
        } catch {
            return kill(pid, 0) == 0 || currentErrno() == EPERM ? .alive : .gone
        }
    }

    package func status() throws(SystemError) -> FileStatus { try file.status() }

    /// Gives every whole line from `offset` on, without its newline, to `body`.
    ///
    /// Each line comes out of a single `pread`: a line that is cut off at the end of the buffer is
    /// read again. Joining it from two reads could join halves of two lines, when the writer takes
    /// back one that did not fit and writes the next in its place.
    package func forEachLine(
        from offset: UInt64, _ buffer: inout LineBuffer, _ body: (Span<UInt8>) -> Flow
    ) throws(SystemError) -> SegmentReading {
        // Asked first: when the writer is gone by now, everything it wrote is in the file by now.
        let writer = writer()
        var reading = SegmentReading(nextOffset: offset, writer: writer)
        if offset > 0, try !isLineStart(offset, &buffer) {
            reading.nextOffset = 0
            reading.isRestarted = true
        }
        try read(&reading, &buffer, body)
        return reading
    }

    /// Gives the whole lines that came after an earlier reading to `body`, for somebody who keeps
    /// the segment open: without asking whether the writer lives, nor whether the place is one.
    ///
    /// - Parameter offset: the earlier reading's `nextOffset`; moved on.
    package func forEachNewLine(
        after offset: inout UInt64, _ buffer: inout LineBuffer, _ body: (Span<UInt8>) -> Void
    ) throws(SystemError) {
        var reading = SegmentReading(nextOffset: offset, writer: .alive)
        defer { offset = reading.nextOffset }
        try read(&reading, &buffer) { line in
            body(line)
            return .goOn
        }
    }

    private func read(
        _ reading: inout SegmentReading, _ buffer: inout LineBuffer,
        _ body: (Span<UInt8>) -> Flow
    ) throws(SystemError) {
        var wanted = LedgerLimits.readBytes
        while true {
            let count = try buffer.fill(from: file, at: reading.nextOffset, wanted)
            let taken = buffer.forEachLine(in: count, &reading, body)
            reading.nextOffset += UInt64(taken)
            if reading.isStopped { return }
            if taken > 0 {
                wanted = LedgerLimits.readBytes
            } else if count < wanted {
                reading.unfinishedBytes = UInt64(count)
                return
            } else if wanted < LedgerLimits.lineBytesMax {
                wanted = LedgerLimits.lineBytesMax
            } else {
                guard try skipLine(&reading, &buffer) else { return }
            }
        }
    }

    /// Passes over a line that is too long. False when it has no end yet.
    private func skipLine(
        _ reading: inout SegmentReading, _ buffer: inout LineBuffer
    ) throws(SystemError) -> Bool {
        var place = reading.nextOffset
        while true {
            let count = try buffer.fill(from: file, at: place, LedgerLimits.readBytes)
            if let end = buffer.firstNewline(in: 0..<count) {
                reading.nextOffset = place + UInt64(end) + 1
                reading.skipped += 1
                return true
            }
            place += UInt64(count)
            if count == 0 {
                reading.unfinishedBytes = place - reading.nextOffset
                return false
            }
        }
    }

    /// How many of the last bytes come after the last newline. No cursor goes past those of a
    /// segment whose writer is gone: there is no line to acknowledge.
    func unfinishedBytes(_ size: UInt64) throws(SystemError) -> UInt64 {
        var buffer = LineBuffer()
        let length = min(size, UInt64(LedgerLimits.lineBytesMax))
        let start = size - length
        let count = try buffer.fill(from: file, at: start, Int(length))
        var end = 0
        while let found = buffer.firstNewline(in: end..<count) { end = found + 1 }
        return end == 0 && start > 0 ? 0 : length - UInt64(end)
    }

    private func isLineStart(
        _ offset: UInt64, _ buffer: inout LineBuffer
    ) throws(SystemError) -> Bool {
        try buffer.fill(from: file, at: offset - 1, 1) == 1 && buffer.firstNewline(in: 0..<1) == 0
    }
}

/// The bytes of one read, cut into lines. Reused from segment to segment.
package struct LineBuffer: ~Copyable {
    private let bytes: UnsafeMutableRawBufferPointer

    package init() {
        bytes = .allocate(byteCount: LedgerLimits.lineBytesMax, alignment: 16)
    }

    deinit { bytes.deallocate() }

    /// Reads up to `count` bytes, at most `lineBytesMax`.
    fileprivate mutating func fill(
        from file: borrowing Descriptor, at offset: UInt64, _ count: Int
    ) throws(SystemError) -> Int {
        try file.read(
            into: UnsafeMutableRawBufferPointer(rebasing: bytes.prefix(count)), at: offset)
    }

    /// Where the first newline is; `range` is inside what was filled.
    fileprivate func firstNewline(in range: Range<Int>) -> Int? {
        guard let start = bytes.baseAddress, !range.isEmpty,
            let found = memchr(start + range.lowerBound, CInt(newline), range.count)
        else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(start)
    }

    /// Gives the whole lines in the first `count` bytes to `body`; returns how many bytes they are.
    fileprivate func forEachLine(
        in count: Int, _ reading: inout SegmentReading, _ body: (Span<UInt8>) -> Flow
    ) -> Int {
        // No valid line has a NUL: one look at the whole read instead of one at each line.
        let hasNUL = bytes.baseAddress.map { memchr($0, 0, count) != nil } ?? false
        var place = 0
        while let end = firstNewline(in: place..<count) {
            let line = UnsafeRawBufferPointer(rebasing: bytes[place..<end])
            place = end + 1
            guard isPlausible(line, hasNUL) else {
                // A newline that ends a torn line leaves an empty one when nothing was torn.
                if !line.isEmpty { reading.skipped += 1 }
                continue
            }
            reading.lines += 1
            if body(line.bindMemory(to: UInt8.self).span) == .stop {
                reading.isStopped = true
                break
            }
        }
        return place
    }

    private func isPlausible(_ line: UnsafeRawBufferPointer, _ mayHaveNUL: Bool) -> Bool {
        guard line.first == UInt8(ascii: "{"), line.last == UInt8(ascii: "}"),
            let start = line.baseAddress
        else { return false }
        return !mayHaveNUL || memchr(start, 0, line.count) == nil
    }
}
