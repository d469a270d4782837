import Requests

/// What came out of a connection's bytes.
private struct Reading: Equatable {
    var requests: [Request] = []
    var refusal: Refusal?
}

/// More than this is never kept: a body, a chunk as large, a head, and what came behind it.
private let heldMax = 2 * RequestLimits.bodyBytesMax + RequestLimits.headBytesMax + (128 << 10)

/// Feeds in pieces of the given lengths, over and over; each in a block of memory of its own, so
/// that the address sanitizer sees a look beyond it.
private func read(_ bytes: UnsafeRawBufferPointer, pieces lengths: [Int]) -> Reading {
    var parser = RequestParser()
    var reading = Reading()
    var start = 0
    var turn = 0
    while start < bytes.count {
        let length = min(lengths[turn % lengths.count], bytes.count - start)
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 1)
        defer { piece.deallocate() }
        piece.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + length]))
        parser.feed(UnsafeRawBufferPointer(piece))
        start += length
        turn += 1
        reading: while true {
            switch parser.next() {
            case .incomplete: break reading
            case .request(let request):
                check(request)
                reading.requests.append(request)
            case .refused(let refusal):
                precondition(parser.next() == .refused(refusal), "a refusal was taken back")
                precondition((400...505).contains(refusal.status) && !refusal.reason.isEmpty)
                reading.refusal = refusal
                return reading
            }
        }
        precondition(parser.heldBytes <= heldMax + length, "\(parser.heldBytes) bytes held")
        if parser.awaitsContinue { parser.didContinue() }
    }
    return reading
}

/// What holds for every request that is let through.
private func check(_ request: Request) {
    precondition(request.path.utf8.first == UInt8(ascii: "/"), "a path without /")
    precondition(!request.path.utf8.contains { $0 < 32 || $0 == 127 }, "a control character")
    precondition(request.body.count <= RequestLimits.bodyBytesMax)
    precondition(request.headers.count <= RequestLimits.headersMax)
    for header in request.headers {
        precondition(!header.name.isEmpty && header.name == header.name.lowercased())
        precondition(!header.value.utf8.contains { $0 == 10 || $0 == 13 || $0 == 0 })
    }
}

/// The first four bytes say how the rest is cut into pieces; however it is, the same requests and
/// the same refusal come out.
@_cdecl("LLVMFuzzerTestOneInput")
public func requestFuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let data, count > 4 else { return 0 }
    let input = UnsafeRawBufferPointer(start: data, count: count)
    let lengths = input.prefix(4).map { Int($0) + 1 }
    let bytes = UnsafeRawBufferPointer(rebasing: input.dropFirst(4))
    let whole = read(bytes, pieces: [bytes.count])
    let cut = read(bytes, pieces: lengths)
    if whole != cut {
        fatalError("pieces of \(lengths) differ from the whole\n\(whole)\n\(cut)")
    }
    return 0
}
