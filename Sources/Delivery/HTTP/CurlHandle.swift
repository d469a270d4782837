import CPlatform

/// One libcurl handle and the connections it keeps: the only place where Swift meets libcurl's
/// memory. What C owns is copied before it is given out. Owned by one thread.
final class CurlHandle {
    /// Ours until `deinit`; nil once it was abandoned.
    private var curl: OpaquePointer?

    /// A longer body ends the request: nobody means that as an answer to a message.
    static let bodyBytesLimit = 4 << 20
    /// How often somebody who is to stop gets to know it.
    private static let stepMilliseconds: CInt = 100

    /// Nil when there is no memory.
    init?(_ library: CurlLibrary) {
        let kept = HTTPResponse.bodyBytesMax
        guard let curl = cplatform_curl_create(library.pointer, kept, Self.bodyBytesLimit) else {
            return nil
        }
        self.curl = curl
    }

    deinit {
        if let curl { cplatform_curl_destroy(curl) }
    }

    /// What libcurl is told of a request. No text has a NUL in it.
    struct Order {
        var url: String
        /// `Name: value`, or `Name;` for an empty value.
        var headerLines: [String]
        var body: [UInt8]
        var timeoutMilliseconds: UInt64
        /// Nil where `headerLines` has one.
        var userAgent: String?
        var authority: String?
        /// Only `authority` is trusted, and nobody the system trusts.
        var isAuthorityExclusive = false
        var authorityDirectory: String?
        var certificate: String?
        var key: String?
        /// Nil for a POST. A mail's `headerLines` are whom it is for.
        var mail: Mail?
    }

    /// What a mail has and a POST has not.
    struct Mail {
        var sender: String
        var user: String?
        var password: String?
        var tls: cplatform_curl_tls
    }

    enum Outcome {
        case answer(status: Int, headers: [UInt8], body: [UInt8])
        /// libcurl's words, which may quote the URL or a proxy's.
        case failed(String)
        case untrusted(String)
        case tooLong
        /// The handle is of no use any more.
        case stopped
    }

    /// Makes a request, and waits for its answer or until `stop` is set.
    func perform(_ order: Order, stop: StopFlag) -> Outcome {
        guard let curl else { return .stopped }
        return order.body.withUnsafeBytes { body in
            if let code = prepare(curl, order, body) {
                let outcome = Self.failure(of: curl, code: code)
                cplatform_curl_end(curl)
                return outcome
            }
            while cplatform_curl_step(curl, Self.stepMilliseconds) == CPLATFORM_CURL_RUNNING {
                guard stop.isSet else { continue }
                self.curl = nil
                cplatform_curl_abandon(curl)
                return .stopped
            }
            let answer = cplatform_curl_answer(curl)
            let outcome: Outcome
            if answer.is_too_long {
                outcome = .tooLong
            } else if answer.code != 0 {
                outcome = Self.failure(of: curl, code: answer.code)
            } else {
                outcome = .answer(
                    status: answer.status,
                    headers: Self.copy(answer.headers, answer.headers_length),
                    body: Self.copy(answer.body, answer.body_length))
            }
            cplatform_curl_end(curl)
            return outcome
        }
    }

    /// Gets a request under way; the code of what went wrong, or nil.
    private func prepare(
        _ curl: OpaquePointer, _ order: Order, _ body: UnsafeRawBufferPointer
    ) -> CInt? {
        // At least 1, for 0 is no limit; at most what a 32-bit `long` of milliseconds holds.
        let timeout = Int64(min(max(1, order.timeoutMilliseconds), UInt64(Int32.max)))
        var code =
            if let mail = order.mail {
                cplatform_curl_prepare_mail(
                    curl, order.url, mail.sender, mail.tls, body.baseAddress, body.count, timeout)
            } else {
                cplatform_curl_prepare(curl, order.url, body.baseAddress, body.count, timeout)
            }
        func next(_ set: () -> CInt) {
            if code == 0 { code = set() }
        }
        if let user = order.mail?.user {
            next { cplatform_curl_set_user(curl, user, order.mail?.password ?? "") }
        }
        for line in order.headerLines { next { cplatform_curl_add_header(curl, line) } }
        if let agent = order.userAgent { next { cplatform_curl_set_user_agent(curl, agent) } }
        if let path = order.authority {
            next { cplatform_curl_set_authority(curl, path, order.isAuthorityExclusive) }
        }
        if let path = order.authorityDirectory {
            next { cplatform_curl_set_authority_directory(curl, path) }
        }
        if let path = order.certificate { next { cplatform_curl_set_certificate(curl, path) } }
        if let path = order.key { next { cplatform_curl_set_key(curl, path) } }
        next { cplatform_curl_start(curl) }
        return code == 0 ? nil : code
    }

    private static func failure(of curl: OpaquePointer, code: CInt) -> Outcome {
        let words = cplatform_curl_words(curl, code).map { String(cString: $0) } ?? "error \(code)"
        return cplatform_curl_failure(code) == CPLATFORM_CURL_UNTRUSTED
            ? .untrusted(words) : .failed(words)
    }

    private static func copy(_ bytes: UnsafeRawPointer?, _ count: Int) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count))
    }
}
