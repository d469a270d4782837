import Testing

@testable import Delivery

struct HTTPSummaryTests {
    @Test(arguments: [
        ("", "HTTP 400"),
        ("   \r\n\t", "HTTP 400"),
        (
            #"{"code":"invalid_argument","message":"no batch"}"#,
            "HTTP 400: invalid_argument: no batch"
        ),
        (
            #"{"error":{"code":"UNAUTHORIZED","message":"token expired"}}"#,
            "HTTP 400: UNAUTHORIZED: token expired"
        ),
        (#"{"code":3,"message":"bad span"}"#, "HTTP 400: bad span"),
        (#"{"error":"quota"}"#, "HTTP 400: quota"),
        (#"{"detail":"Not Found"}"#, "HTTP 400: Not Found"),
        (
            #"{"type":"about:blank","title":"Too big","detail":"9 of 8","status":413}"#,
            "HTTP 400: Too big: 9 of 8"
        ),
        (#"{"code":"unavailable"}"#, "HTTP 400: unavailable"),
        (#"{"message":"a\nb\u0007c"}"#, "HTTP 400: a b c"),
        (#"{"error":{"error":{"error":{"message":"deep"}}}}"#, "HTTP 400: deep"),
        (#"{"ok":false}"#, #"HTTP 400: {"ok":false}"#),
        (#"{"message":"#, #"HTTP 400: {"message":"#),
        ("[1]", "HTTP 400: [1]"),
        ("\r\n\r\nfirst\r\nsecond", "HTTP 400: first"),
        ("<html>\n<head><Title>\n502 Bad Gateway</title>", "HTTP 400: 502 Bad Gateway"),
        ("\u{1b}[31mred\u{202e}txt", "HTTP 400: [31mred txt"),
    ])
    func `what a body says went wrong`(body: String, summary: String) {
        #expect(HTTPResponse(status: 400, body: Array(body.utf8)).summary == summary)
    }

    @Test(
        arguments: [
            ([0x08, 0x03, 0x12, 0x03, 0x62, 0x61, 0x64], "HTTP 400: bad"),
            // Details, and fields nobody knows, around it.
            (
                [
                    0x1A, 0x01, 0x78, 0x12, 0x02, 0x6E, 0x6F, 0x25, 1, 2, 3, 4, 0x29, 1, 2, 3, 4, 5,
                    6, 7, 8,
                ],
                "HTTP 400: no"
            ),
            ([], "HTTP 400"), ([0x08], "HTTP 400"), ([0x12, 0x05, 0x62], "HTTP 400"),
            ([0x12] + [UInt8](repeating: 0xFF, count: 9) + [0x01], "HTTP 400"),
            ([UInt8](repeating: 0xFF, count: 30), "HTTP 400"), ([0x0B, 0x0C], "HTTP 400"),
            ([0x12, 0x02, 0xFF, 0x61], "HTTP 400: \u{FFFD}a"),
        ] as [([UInt8], String)])
    func `google.rpc.Status in protobuf`(body: [UInt8], summary: String) {
        let type = "application/x-protobuf"
        #expect(HTTPResponse(status: 400, contentType: type, body: body).summary == summary)
    }

    @Test func `no bytes make it trap, nor longer than a line`() {
        var random = SystemRandomNumberGenerator()
        for round in 0..<500 {
            let count = Int.random(in: 0...2000, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let type = round % 2 == 0 ? "" : "application/x-protobuf"
            let summary = HTTPResponse(status: 500, contentType: type, body: bytes).summary
            #expect(summary.count <= HTTPResponse.summaryCharactersMax)
            #expect(!summary.unicodeScalars.contains { $0.value < 0x20 })
        }
    }

    @Test(arguments: [288, 289, 290, 291, 5000])
    func `a long complaint is cut, and says so`(count: Int) {
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: count)
        let summary = HTTPResponse(status: 500, body: body).summary
        #expect(summary.count == min(300, count + 10))
        #expect(summary.hasSuffix("…") == (count > 290))
    }

    @Test(arguments: [
        (#"{"message":"bad token s3cret!"}"#, "HTTP 401: bad token ***!"),
        (#"{"message":"bad token \u00733cret!"}"#, "HTTP 401: bad token ***!"),
        ("got Bearer eyJhbGciOi.x-y_z==, sorry", "HTTP 401: got Bearer ***, sorry"),
        ("authorization: bEaReR   abc", "HTTP 401: authorization: bEaReR ***"),
        ("s3crets3cret", "HTTP 401: ******"),
        ("Bearer ", "HTTP 401: Bearer"),
        ("Bearer bearer bearer x", "HTTP 401: Bearer *** bearer ***"),
        ("the bearer: nobody", "HTTP 401: the bearer: nobody"),
        ("s3cre", "HTTP 401: s3cre"),
        ("s3cret-longer", "HTTP 401: ***"),
    ])
    func `a secret that comes back is masked`(body: String, summary: String) {
        let answer = HTTPResponse(status: 401, body: Array(body.utf8))
        #expect(answer.summary(masking: ["", "s3cret", "s3cret-longer"]) == summary)
    }

    @Test func `half a secret at the end of the line is masked too`() {
        let body = String(repeating: "x", count: 285) + "s3cret"
        let answer = HTTPResponse(status: 500, body: Array(body.utf8))
        #expect(!answer.summary(masking: ["s3cret"]).contains("s3"))
    }

    @Test(
        arguments: [
            ("http://h/p", "http://h/p", []),
            ("http://u:p@h:1/p?q#f", "http://h:1/p", ["u:p", "p", "q#f"]),
            ("http://u@h/", "http://h/", ["u"]),
            ("http://a@b@h/@me", "http://h/@me", ["a@b"]),
            ("https://[::1]:4318/v1", "https://[::1]:4318/v1", []),
            ("http://u:p/q@h/", "http://***", ["u:p/q", "p/q"]),
            ("u:p@proxy:8080", "***", ["u:p", "p"]),
            ("proxy:8080", "***", []),
        ] as [(String, String, [String])])
    func `what of a URL is shown`(url: String, shown: String, secrets: [String]) {
        let parts = URLParts(url)
        #expect(parts.shown == shown)
        #expect(parts.secrets == secrets)
    }

    @Test(arguments: [
        (
            "Unsupported proxy scheme for 'x://u:p@h:1'",
            "Unsupported proxy scheme for 'x://***@h:1'"
        ),
        ("no a@b@c d", "no ***@***@c d"), ("plain", "plain"), ("@", "***@"),
    ])
    func `users are taken out of libcurl's words`(words: String, masked: String) {
        #expect(Masking.withoutUsers(words) == masked)
    }
}
