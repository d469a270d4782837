import Records
import Testing

struct IdentityTests {
    /// FIPS 180-4's own, and every length at which padding takes another block.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 55),
            "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"
        ),
        (
            String(repeating: "a", count: 64),
            "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"
        ),
        (
            String(repeating: "a", count: 1000),
            "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"
        ),
    ])
    func `SHA-256`(text: String, expected: String) {
        let digest = SHA256.hash(Array(text.utf8).span)
        let digits = (0..<8).map { index in
            let word = String(digest[index], radix: 16)
            return String(repeating: "0", count: 8 - word.count) + word
        }
        #expect(digits.joined() == expected)
    }

    @Test func `a derived id keeps the time of the id it is made from`() {
        let id = "019aa5c0-9c40-7000-8000-000000000102"
        let derived = DerivedID.make(from: id, purpose: "part", index: 1)
        #expect(derived.hasPrefix("019aa5c0-9c40-8"))
        #expect(derived == DerivedID.make(from: id, purpose: "part", index: 1))
        #expect(derived != DerivedID.make(from: id, purpose: "part", index: 2))
        #expect(derived != DerivedID.make(from: id, purpose: "trace", index: 1))
    }

    @Test func `a message's id is the same for ever`() {
        // Ledgers have it: to change it is to count every call again.
        #expect(
            DerivedID.make(ofMessage: "msg_011C", of: "claude-code")
                == "e5322e30-9b59-8464-bf8f-730f368034e4")
        #expect(DerivedID.fingerprint("/w") == "d1bb8ca354673cd5")
    }
}
