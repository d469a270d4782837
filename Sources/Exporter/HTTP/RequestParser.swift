/// Cuts the bytes of a connection into HTTP/1.1 requests (RFC 9112). Pure: no socket, no clock. Any
/// split of the bytes gives the same requests.
///
/// Stricter than it must be, because whoever disagrees with a strict parser about where a request
/// ends is up to something: lines end in CR LF, one length only, no folded lines, no other coding
/// than `chunked`. Holds at most the limits of one request and what came behind it in one read.
package struct RequestParser {
    package enum Progress: Equatable {
        /// More bytes are needed.
        case incomplete
        case request(Request)
        /// Nothing after this can be made sense of.
        case refused(Refusal)
    }

    private enum Stage {
        case head
        case sized(Request, Int)
        case chunkSize(Request)
        case chunk(Request, Int)
        case chunkEnd(Request)
        case trailers(Request, Int)
        case over(Refusal)
    }

    private var buffer: [UInt8] = []
    /// Bytes of `buffer` that are used up.
    private var start = 0
    /// Where the search for the end of a line, or of the head, goes on.
    private var searched = 0
    private var stage = Stage.head
    /// The head is read, the client waits for `100 Continue` before it sends the body.
    package private(set) var awaitsContinue = false

    package init() {}

    /// Whether nothing of a next request has come.
    package var isIdle: Bool {
        if case .head = stage { return start == buffer.count }
        return false
    }

    /// How much of what came is kept.
    package var heldBytes: Int {
        switch stage {
        case .head, .sized, .over: buffer.count
        case .chunkSize(let request), .chunk(let request, _), .chunkEnd(let request),
            .trailers(let request, _):
            buffer.count + request.body.count
        }
    }

    /// Takes in what was read.
    package mutating func feed(_ bytes: UnsafeRawBufferPointer) {
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            searched = 0
            start = 0
        } else if start > 64 << 10 {
            buffer.removeFirst(start)
            searched = max(0, searched - start)
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next request, if all of it is there.
    package mutating func next() -> Progress {
        do throws(Refusal) {
            while true {
                switch stage {
                case .over(let refusal): return .refused(refusal)
                case .head:
                    guard let head = try takeHead() else { return .incomplete }
                    stage = try begin(head)
                case .sized(var request, let length):
                    guard buffer.count - start >= length else { return .incomplete }
                    request.body = Array(buffer[start..<start + length])
                    consume(length)
                    return finish(request)
                case .chunkSize(let request):
                    guard let line = try takeLine(atMost: 1024) else { return .incomplete }
                    let size = try chunkSize(line)
                    guard size <= RequestLimits.bodyBytesMax - request.body.count else {
                        throw .bodyTooLarge
                    }
                    stage = size == 0 ? .trailers(request, 0) : .chunk(request, size)
                case .chunk(var request, let size):
                    guard buffer.count - start >= size else { return .incomplete }
                    request.body += buffer[start..<start + size]
                    consume(size)
                    stage = .chunkEnd(request)
                case .chunkEnd(let request):
                    guard let line = try takeLine(atMost: 0) else { return .incomplete }
                    guard line.isEmpty else { throw .malformed }
                    stage = .chunkSize(request)
                case .trailers(let request, let used):
                    let left = RequestLimits.headBytesMax - used
                    guard let line = try takeLine(atMost: left) else { return .incomplete }
                    if line.isEmpty { return finish(request) }
                    stage = .trailers(request, used + line.count + 2)
                }
            }
        } catch {
            stage = .over(error)
            buffer = []
            start = 0
            return .refused(error)
        }
    }

    private mutating func finish(_ request: Request) -> Progress {
        stage = .head
        awaitsContinue = false
        return .request(request)
    }

    // MARK: Lines

    private mutating func consume(_ count: Int) {
        start += count
        searched = start
    }

    /// The bytes up to the empty line, without it; nil when it has not come yet.
    private mutating func takeHead() throws(Refusal) -> ArraySlice<UInt8>? {
        // An empty line or two before a request is forgiven (RFC 9112 §2.2).
        while buffer.count - start >= 2, buffer[start] == 13, buffer[start + 1] == 10 {
            consume(2)
        }
        let limit = start + RequestLimits.headBytesMax
        var place = max(searched, start)
        while let end = buffer[place...].firstIndex(of: 10) {
            if end > limit { throw .headTooLarge }
            if end >= start + 3, buffer[end - 1] == 13, buffer[end - 2] == 10,
                buffer[end - 3] == 13
            {
                let head = buffer[start..<end - 3]
                consume(end + 1 - start)
                return head
            }
            place = end + 1
        }
        searched = buffer.count
        if buffer.count - start > RequestLimits.headBytesMax { throw .headTooLarge }
        return nil
    }

    /// The next line without its end; nil when that has not come yet.
    private mutating func takeLine(atMost limit: Int) throws(Refusal) -> ArraySlice<UInt8>? {
        guard let end = buffer[max(searched, start)...].firstIndex(of: 10) else {
            searched = buffer.count
            if buffer.count - start > limit + 2 { throw .malformed }
            return nil
        }
        guard end > start, buffer[end - 1] == 13, end - 1 - start <= limit else {
            throw .malformed
        }
        let line = buffer[start..<end - 1]
        consume(end + 1 - start)
        return line
    }

    private func chunkSize(_ line: ArraySlice<UInt8>) throws(Refusal) -> Int {
        // Extensions after `;` have no meaning here (RFC 9112 §7.1.1).
        let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != 32 && $0 != 9 }
        guard (1...8).contains(digits.count) else { throw .malformed }
        var size = 0
        for byte in digits {
            guard let value = hexadecimal(byte) else { throw .malformed }
            size = size << 4 | value
        }
        return size
    }

    // MARK: The head

    private mutating func begin(_ head: ArraySlice<UInt8>) throws(Refusal) -> Stage {
        var (request, body) = try RequestHead.read(head)
        if case .none = body {
            request.body = []
            return .sized(request, 0)
        }
        awaitsContinue = request.header("expect")?.lowercased() == "100-continue"
        switch body {
        case .none: return .sized(request, 0)
        case .sized(let length):
            guard length <= RequestLimits.bodyBytesMax else { throw .bodyTooLarge }
            return .sized(request, length)
        case .chunked: return .chunkSize(request)
        }
    }

    /// `100 Continue` was sent, or the body came without it.
    package mutating func didContinue() { awaitsContinue = false }
}

/// The value of a hexadecimal digit.
func hexadecimal(_ byte: UInt8) -> Int? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte) - 48
    case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte) - 87
    case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte) - 55
    default: nil
    }
}
