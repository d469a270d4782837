import Foundation
import Records
import Testing

/// Base64 and percent-encoding, against Foundation's.
struct TextTests {
    @Test func `base64 is that of everybody`() {
        for count in 0..<40 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 89 &+ count) }
            #expect(Base64.encoded(bytes) == Data(bytes).base64EncodedString())
        }
    }

    @Test(arguments: [
        ("%2Fhome%2fme", "/home/me", true), ("a%20b+c", "a b+c", true), ("", "", true),
        ("%C3%A9", "é", true), ("50%", "50%", false), ("%4", "%4", false),
        ("%zz%41", "%zzA", false),
        ("%%41", "%A", false),
    ])
    func `percent-encoding is undone`(text: String, decoded: String, isStrict: Bool) {
        #expect(String(decoding: PercentEncoding.decoded(text.utf8), as: UTF8.self) == decoded)
        #expect(
            PercentEncoding.decodedStrictly(text.utf8) == (isStrict ? Array(decoded.utf8) : nil))
        #expect(!isStrict || text.removingPercentEncoding == decoded)
    }
}
