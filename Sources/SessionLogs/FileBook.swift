import Posix
import Records

/// How far each log has been read, so that what did not change is not opened again.
///
/// Nothing rests on it: what it forgets, or remembers wrongly, is read again, and the messages are
/// known by their ids.
struct FileBook: Equatable, Sendable {
    struct Page: Equatable, Sendable {
        var identity: FileIdentity
        var size: UInt64
        /// In nanoseconds since 1970.
        var modified: Int64
        /// Where to read on.
        var offset: UInt64
        var head: FileHead

        init(
            identity: FileIdentity, size: UInt64, modified: Int64, offset: UInt64, head: FileHead
        ) {
            self.identity = identity
            self.size = size
            self.modified = modified
            self.offset = offset
            self.head = head
        }

        init(_ status: FileStatus, offset: UInt64, head: FileHead) {
            self.init(
                identity: status.identity, size: status.size,
                modified: status.modifiedInNanoseconds, offset: offset, head: head)
        }

        /// Whether nobody touched the file since.
        func isCurrent(_ status: FileStatus) -> Bool {
            identity == status.identity && size == status.size
                && modified == status.modifiedInNanoseconds
        }
    }

    var pages: [String: Page] = [:]

    init() {}

    /// Reads what `bytes` holds; nil when it is damaged.
    init?(_ bytes: [UInt8]) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.popLast()?.isEmpty == true, let last = lines.popLast(),
            last.elementsEqual("end \(lines.count)".utf8)
        else { return nil }
        for line in lines {
            let entry = line.withUnsafeBufferPointer { Self.entry($0.span) }
            guard let entry else { return nil }
            pages[entry.path] = entry.page
        }
    }

    private static func entry(_ line: Span<UInt8>) -> (path: String, page: Page)? {
        guard let value = try? JSONValue(parsing: line), let path = value["path"]?.string,
            let device = value["device"]?.count, let number = value["number"]?.count,
            let size = value["size"]?.count, let modified = value["modified"]?.int64,
            let offset = value["offset"]?.count, let length = value["head_bytes"]?.count,
            let hash = value["head"]?.string, let hash = UInt64(hash, radix: 16)
        else { return nil }
        return (
            path,
            Page(
                identity: FileIdentity(device: device, number: number), size: size,
                modified: modified, offset: offset,
                head: FileHead(count: Int(clamping: length), hash: hash))
        )
    }

    /// One line a file, and a last one that says how many.
    var bytes: [UInt8] {
        var json = JSONWriter()
        for (path, page) in pages.sorted(by: { $0.key < $1.key }) {
            json.beginObject()
            json.member("path", path)
            json.member("device", "\(page.identity.device)")
            json.member("number", "\(page.identity.number)")
            json.member("size", "\(page.size)")
            json.member("modified", page.modified)
            json.member("offset", "\(page.offset)")
            json.member("head_bytes", "\(page.head.count)")
            json.member("head", String(page.head.hash, radix: 16))
            json.endObject()
            json.newline()
        }
        return json.finish() + Array("end \(pages.count)\n".utf8)
    }
}

extension JSONValue {
    /// A count that was written as a string, since JSON's numbers are not all 64 bits wide to all.
    fileprivate var count: UInt64? { string.flatMap { UInt64($0) } }
}

extension FileStatus {
    var modifiedInNanoseconds: Int64 {
        let (seconds, overflow) = modified.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : seconds &+ modifiedNanoseconds
    }
}

/// The first bytes of a file: whether it is the one it was, and a log at all.
struct FileHead: Equatable, Sendable {
    /// How many bytes were hashed.
    var count: Int
    var hash: UInt64

    init(count: Int, hash: UInt64) {
        self.count = count
        self.hash = hash
    }

    init(_ bytes: ArraySlice<UInt8>) {
        self.init(count: bytes.count, hash: FNV1a.hash(bytes.span))
    }
}
