import Posix
package import Records

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// One line of a dead-letter file: what a receiver refused for good, and its answer.
package struct DeadLetter: Sendable {
    package var time: Timestamp
    package var destination: Destination
    /// The HTTP status.
    package var status: Int?
    /// The receiver's words, masked.
    package var answer: String
    /// What was refused. Empty when the receiver took a part and did not say which.
    package var records: [Record]
    /// Of a message taken in part: how much was refused, and the ids of all that was in it.
    package var partly: (refused: UInt64, ids: [String])?

    package init(
        time: Timestamp, destination: Destination, status: Int?, answer: String,
        records: [Record], partly: (refused: UInt64, ids: [String])? = nil
    ) {
        self.time = time
        self.destination = destination
        self.status = status
        self.answer = answer
        self.records = records
        self.partly = partly
    }

    /// The line, its newline included. Records stand in it as in the ledger.
    package var line: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("time", time.rfc3339)
        json.member("sink", destination.sink)
        json.member("address", destination.address)
        json.member("status", status)
        json.member("answer", answer)
        if let partly {
            json.member("refused", partly.refused)
            json.key("ids" as StaticString)
            json.beginArray()
            for id in partly.ids { json.string(id) }
            json.endArray()
        }
        json.key("records" as StaticString)
        json.beginArray()
        var bytes = json.finish()
        for (index, record) in records.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            record.encode(into: &bytes)
            bytes.removeLast()  // its newline
        }
        return bytes + Array("]}\n".utf8)
    }

    /// The records in a line; nil when it is no dead letter, an element no record, or there are
    /// none to send again.
    package static func records(in line: [UInt8]) -> [Record]? {
        var found: [Record] = []
        let isWhole: Void? = try? JSONReader.read(line.span) { (reader) throws(JSONError) in
            try reader.enterObject()
            while try reader.nextKey() {
                guard try reader.contentEquals("records") else {
                    try reader.skip()
                    continue
                }
                try reader.enterArray()
                while try reader.nextElement() {
                    _ = try reader.peek()
                    let start = reader.offset
                    try reader.skip()
                    let element = line.span.extracting(start..<reader.offset)
                    guard case .record(let record) = try Record.decode(line: element) else {
                        throw reader.error("a record of another version", at: start)
                    }
                    found.append(record)
                }
            }
        }
        return isWhole == nil || found.isEmpty ? nil : found
    }
}

/// The dead-letter file of one destination. Only whoever holds the destination's lock changes it.
package struct DeadLetters: Sendable {
    package let path: String

    package init(_ files: DeliveryFiles) { path = files.deadLetters }

    /// A line longer than this is damage.
    static let lineBytesMax = 64 << 20

    /// Appends a line; when it returns it has survived a power cut.
    func append(_ letter: DeadLetter) throws(SystemError) {
        let file = try Descriptor.open(
            path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK, mode: 0o600)
        let size = try file.status().size
        // Ends a line that a full disk or a power cut left, so that it spoils no other.
        let line = letter.line
        try file.writeAll(try endsInNewline(file, size) ? line : [UInt8(ascii: "\n")] + line)
        try file.synchronize()
    }

    private func endsInNewline(
        _ file: borrowing Descriptor, _ size: UInt64
    ) throws(SystemError) -> Bool {
        guard size > 0 else { return true }
        let last = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
        defer { last.deallocate() }
        return try file.read(into: last, at: size - 1) == 1 && last.first == UInt8(ascii: "\n")
    }

    /// Gives every line without its newline to `body`. Nothing when there is no file.
    func forEachLine(_ body: ([UInt8]) -> Void) throws(SystemError) {
        let file: Descriptor
        do {
            file = try Descriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        } catch  where error.code == ENOENT {
            return
        }
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { chunk.deallocate() }
        var pending: [UInt8] = []
        while true {
            let count = try file.read(into: chunk)
            if count == 0 { break }
            var rest = chunk[..<count]
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                pending += rest[..<end]
                rest = rest[(end + 1)...]
                if !pending.isEmpty { body(pending) }
                pending.removeAll(keepingCapacity: true)
            }
            pending += rest
            guard pending.count <= Self.lineBytesMax else {
                throw SystemError(call: "read", code: EFBIG)
            }
        }
        if !pending.isEmpty { body(pending) }
    }

    /// The number of lines; 0 when there is no file, or it cannot be read.
    package func count() -> Int {
        var count = 0
        try? forEachLine { _ in count += 1 }
        return count
    }
}

extension Record {
    /// What it is known by in the ledger.
    var id: String {
        switch self {
        case .session(let record): record.id
        case .begin(let record): record.id
        case .call(let record), .usage(let record): record.id
        case .trace(let record): record.id
        case .mark(let record): record.id
        }
    }
}
