import Posix
import Records

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension LogProblem: Error {}

/// A session log, open: whether it is one, and from where on it is to be read.
struct OpenLog: ~Copyable {
    private let log: LogFile
    private let file: Descriptor
    /// As it was before the first byte was read.
    private let status: FileStatus
    private let head: FileHead
    private let start: UInt64

    /// Opens a log; nil when it is not there any more, or empty.
    ///
    /// - Parameter page: what an earlier reading left, if there was one.
    static func open(_ log: LogFile, page: FileBook.Page?) throws(LogProblem) -> OpenLog? {
        // Not to wait for a writer, should it have become a named pipe.
        let file = try ifThere(log.path) { () throws(SystemError) in
            try Descriptor.open(log.path, O_RDONLY | O_NONBLOCK)
        }
        guard let file else { return nil }
        guard let status = try? file.status(), status.kind == .regular else {
            throw LogProblem(path: log.path, reason: "no regular file")
        }
        let first = try ifThere(log.path) { () throws(SystemError) in try firstBytes(file, 4096) }
        guard let first, !first.isEmpty else { return nil }
        guard isPlausible(first) else {
            throw LogProblem(path: log.path, reason: "no session log: it does not begin with JSON")
        }
        let isStateless = log.client == .claudeCode || log.client == .grok
        let isContinued =
            page.map { page in
                page.identity == status.identity && page.offset <= status.size
                    && page.head.count <= first.count
                    && FileHead(first.prefix(page.head.count)) == page.head
            } ?? false
        return OpenLog(
            log, file, status, FileHead(first.prefix(LogLimits.headBytes)),
            start: isContinued && isStateless ? page?.offset ?? 0 : 0)
    }

    private init(
        _ log: LogFile, _ file: consuming Descriptor, _ status: FileStatus, _ head: FileHead,
        start: UInt64
    ) {
        self.log = log
        self.file = file
        self.status = status
        self.head = head
        self.start = start
    }

    /// What `body` gives; nil when there is no such file.
    private static func ifThere<Value: ~Copyable>(
        _ path: String, _ body: () throws(SystemError) -> Value
    ) throws(LogProblem) -> Value? {
        do throws(SystemError) {
            return try body()
        } catch {
            if error.code == ENOENT { return nil }
            throw LogProblem(path: path, reason: error.reason)
        }
    }

    /// Whether nobody has written to it for that long.
    func isQuiet(for seconds: Int64) -> Bool {
        WallClock.now() / 1_000_000 - status.modified >= seconds
    }

    /// What to remember of it.
    func page(readTo offset: UInt64, isSettled: Bool) -> FileBook.Page {
        var page = FileBook.Page(status, offset: offset, head: head)
        // Not current at any time, so that it is read again.
        if !isSettled { page.modified = .min }
        return page
    }

    /// Reads all there is to read.
    ///
    /// - Returns: after the last whole line.
    func read(
        _ lines: inout LineReader, _ pass: inout FilePass, _ feed: inout LedgerFeed,
        progress: (Int) -> Void
    ) throws(SystemError) -> UInt64 {
        let name = String(log.path.split(separator: "/").last ?? "")
        let stem = String(name.prefix { $0 != "." })
        switch log.client {
        case .claudeCode:
            var reader = ClaudeLog(
                fallbackSession: stem, wantsTools: feed.wantsToolUses)
            return try read(&reader, &lines, &pass, &feed, progress)
        case .codex:
            // rollout-2026-05-13T09-01-00-<uuid>
            let session = stem.utf8.count > 36 ? String(stem.suffix(36)) : stem
            var reader = CodexLog(
                fallbackSession: session, modified: status.modifiedTime, now: LedgerFeed.now())
            return try read(&reader, &lines, &pass, &feed, progress)
        case .gemini:
            var reader = GeminiLog(fallbackSession: stem, directory: geminiDirectory)
            if name.hasSuffix(".json") {
                return try readDocument(&reader, &pass, &feed, progress)
            }
            return try read(&reader, &lines, &pass, &feed, progress)
        case .grok:
            let parts = log.path.split(separator: "/").dropLast()
            let directory = parts.dropLast().last.map {
                String(decoding: PercentEncoding.decoded($0.utf8), as: UTF8.self)
            }
            let folder = parentDirectory(of: log.path) ?? ""
            var reader = GrokLog(
                fallbackSession: parts.last.map(String.init) ?? stem,
                directory: directory.map(LoggedMessage.Directory.path),
                sessionModel: { Self.sessionModel(folder + "/signals.json") })
            return try read(&reader, &lines, &pass, &feed, progress)
        }
    }

    private func read(
        _ reader: inout some LogLineReader, _ lines: inout LineReader, _ pass: inout FilePass,
        _ feed: inout LedgerFeed, _ progress: (Int) -> Void
    ) throws(SystemError) -> UInt64 {
        let reading = try lines.forEachLine(
            of: file, from: start, missing: type(of: reader).needle, progress: progress
        ) { line in
            pass.counts.bytesRead = saturatingSum(pass.counts.bytesRead, UInt64(line.count) + 1)
            pass.take(&feed) { reader.read(line, into: &$0) }
        }
        var isWaiting = false
        pass.take(&feed) { isWaiting = reader.finish(into: &$0) }
        pass.overlong = reading.overlong
        pass.end(&feed, isWaiting: isWaiting)
        return reading.nextOffset
    }

    private func readDocument(
        _ reader: inout GeminiLog, _ pass: inout FilePass, _ feed: inout LedgerFeed,
        _ progress: (Int) -> Void
    ) throws(SystemError) -> UInt64 {
        let bytes = try readWholeFile(log.path, atMost: LogLimits.documentBytesMax)
        progress(bytes.count)
        pass.counts.bytesRead = UInt64(bytes.count)
        pass.take(&feed) { output in
            bytes.withUnsafeBufferPointer { reader.read(document: $0, into: &output) }
        }
        pass.end(&feed, isWaiting: false)
        return UInt64(bytes.count)
    }

    /// `~/.gemini/tmp/<project>/chats/…`: the project is the SHA-256 of its path, or a name beside
    /// which the path is kept.
    private var geminiDirectory: LoggedMessage.Directory? {
        let parts = log.path.split(separator: "/")
        guard let chats = parts.lastIndex(of: "chats"), chats > 0 else { return nil }
        let project = parts[chats - 1]
        if project.utf8.count == 64, project.allSatisfy(\.isHexDigit) {
            return .hash(project.lowercased())
        }
        let folder = "/" + parts[..<chats].joined(separator: "/")
        guard let bytes = try? readWholeFile(folder + "/.project_root", atMost: 4096) else {
            return nil
        }
        let path = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first
        return path.map { .path(String($0)) }
    }

    private static func sessionModel(_ path: String) -> String? {
        guard let bytes = try? readWholeFile(path, atMost: 1 << 20) else { return nil }
        return (try? JSONValue(parsing: bytes))?["primaryModelId"]?.string
    }

    private static func firstBytes(
        _ file: borrowing Descriptor, _ count: Int
    ) throws(SystemError) -> [UInt8] {
        let space = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        defer { space.deallocate() }
        let count = try file.read(into: space, at: 0)
        return Array(space.prefix(count))
    }

    /// Whether the bytes can be the first of JSON text: an object, and no NUL.
    private static func isPlausible(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        let first = rest.first { $0 > 0x20 }
        return (first == nil || first == UInt8(ascii: "{")) && !bytes.contains(0)
    }
}
