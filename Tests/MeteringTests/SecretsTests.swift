import Foundation
import Records
import Testing

@testable import Metering

struct SecretsTests {
    @Test(arguments: [
        ("key sk-proj-abcdEFGH12345678 fails", "key [masked] fails"),
        ("sk-ant-api03-AAAABBBBCCCC", "[masked]"),
        ("AIzaSyA1234567890abcdefghijk", "[masked]"),
        ("use 'ghp_0123456789abcdefABCD'", "use '[masked]'"),
        ("github_pat_11ABCDEFG0123456789", "[masked]"),
        ("XAI_API_KEY=xai-0123456789abcdef", "XAI_API_KEY=[masked]"),
        ("xai-0123456789abcdef.", "[masked]"),
        ("Authorization: Bearer abc.def", "Authorization: [masked] [masked]"),
        ("got Bearer abc123 back", "got Bearer [masked] back"),
        ("password=hunter2!;x y", "password=[masked] y"),
        ("password: hunter2", "password: [masked]"),
        (#"{"db_password": "p(w)d", "n": 1}"#, #"{"db_password": "[masked]", "n": 1}"#),
        ("postgres://bob:pa55@db/x", "postgres://bob:[masked]@db/x"),
        ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "jwt [masked]"),
        ("sha 0123456789abcdef0123456789abcdef ok", "sha [masked] ok"),
        ("b64 aGVsbG8gd29ybGQgQUJDMTIzNDU2Nzg5MA==", "b64 [masked]=="),
        ("mail bob.smith@example.com now", "mail [masked] now"),
        ("AKIAIOSFODNN7EXAMPLE", "[masked]"),
        ("Authorization: Basic dXNlcjpw", "Authorization: [masked] [masked]"),
        ("https://api.x.ai/v1?api_key=abcd1234&x=1", "https://api.x.ai/v1?api_key=[masked]"),
        ("-----BEGIN RSA PRIVATE KEY----- MIIE", "[masked]"),
    ])
    func `secrets go`(text: String, masked: String) {
        #expect(Secrets.masked(text) == masked)
    }

    @Test(arguments: [
        "invoice totals drift by one cent only under load",
        "src/billing/rounding.ts:31 disagrees with src/billing/calculateInvoiceTotalWithTax2.ts",
        "the key insight: tokens are counted twice", "primary key: user_id",
        "id 5b0f7c1e-7a52-4d0e-9a35-3f1f6f2f8c11", "@scope/package@1.2.3 breaks",
        "skip sk- and ghp_", "タイムアウト。なぜ?", "", "     ", "a=b c:d http://x/y",
        "the token bucket overflows", "basic arithmetic is wrong? no: basically",
        "the bearer of news",
    ])
    func `prose stays`(text: String) {
        #expect(Secrets.masked(text) == text)
    }

    @Test func `a reason is one line of 200 characters`() {
        let long = String(repeating: "é\n\t ", count: 300)
        let kept = EscalationReason.kept(long, mode: .text)
        #expect(kept?.count == 200)
        #expect(kept?.contains("\n") == false)
        #expect(EscalationReason.kept(" \n ", mode: .text) == nil)
        #expect(EscalationReason.kept("x", mode: .off) == nil)
    }

    @Test func `a key that the cut would halve is masked all the same`() {
        let text = String(repeating: "a ", count: 98) + "sk-0123456789abcdefghij"
        #expect(EscalationReason.kept(text, mode: .text)?.contains("sk-") == false)
    }

    @Test func `a hashed reason can be compared and not be read`() {
        // NIST's vector for "abc" begins ba7816bf 8f01cfea.
        #expect(EscalationReason.kept("abc", mode: .hash) == "ba7816bf8f01cfea")
        #expect(EscalationReason.kept(" abc\n", mode: .hash) == "ba7816bf8f01cfea")
    }

    @Test(arguments: [
        (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"),
        (64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"),
        (1000, "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"),
    ])
    func `SHA-256 of so many letters a`(count: Int, hash: String) {
        let digest = SHA256.hash([UInt8](repeating: UInt8(ascii: "a"), count: count))
        #expect(Hex.string(digest, digits: 64) == hash)
    }
}
