import Records

/// What providers, libraries and operating systems say when a call fails, by class.
///
/// Precise wordings of the providers' APIs and SDKs, looked for in lower case.
struct ErrorPhrases {
    var type: CallRecord.ErrorType
    /// Any of these.
    var phrases: [StaticString]
    /// Or any of the first together with any of the second.
    var subjects: [StaticString] = []
    var complaints: [StaticString] = []
    /// Or one of these HTTP statuses, where a status is told.
    var statuses: [Int] = []

    func match(_ text: FoldedText, status: Int?) -> Bool {
        if text.hasAny(phrases) { return true }
        if !subjects.isEmpty, text.hasAny(subjects), text.hasAny(complaints) { return true }
        return status.map { statuses.contains($0) } ?? false
    }

    /// In the order in which they are tried. Rate limits come after context overflows because
    /// Gemini's quota message speaks of `input_token_count`.
    static let all: [ErrorPhrases] = [
        ErrorPhrases(
            type: .cancelled,
            phrases: [
                "aborterror", "operation was aborted", "request was aborted", "context canceled",
                "context cancelled", "request cancelled", "request canceled",
                "request was cancelled", "request was canceled", "operation cancelled",
                "operation canceled", "operation was cancelled", "operation was canceled",
                "cancellederror", "cancelled by user", "canceled by user",
            ],
            statuses: [499]),
        ErrorPhrases(
            type: .contextOverflow,
            phrases: [
                "context_length_exceeded", "context length exceeded", "maximum context length",
                "prompt is too long", "exceed context limit", "exceeds the context window",
                "exceed the context window", "exceeds context window", "context window exceeded",
                "context_window_exceeded", "contextwindowexceeded", "request_too_large",
                "maximum prompt length is", "exceeds the available context size",
                "exceed_context_size", "input is too long", "too large for model with",
            ],
            subjects: ["input token count", "token count ("],
            complaints: ["exceeds the maximum"], statuses: [413]),
        ErrorPhrases(
            type: .rateLimit,
            phrases: [
                "resource_exhausted", "resource has been exhausted", "exceeded your current quota",
                "quota exceeded", "quota_exceeded", "quotaexceeded", "rate_limit", "rate limit",
                "ratelimit", "too many requests", "toomanyrequests", "insufficient_quota",
                "throttlingexception", "throttled", "service tier capacity exceeded",
                "usage limit reached", "please retry in ", "retryinfo", "retrydelay",
            ],
            statuses: [429]),
        ErrorPhrases(
            type: .auth,
            phrases: [
                "api_key_invalid", "invalid_api_key", "authentication_error", "authenticationerror",
                "authentication failed", "unauthorized", "unauthenticated", "permission_denied",
                "permissiondenied", "not logged in", "insufficient balance",
                "insufficient_balance", "insufficient credits", "credit balance is too low",
                "payment required", "forbidden", "invalid x-api-key", "accessdenied",
                "invalid bearer token", "invalid token",
            ],
            subjects: ["api key", "api_key", "apikey", "api token", "credentials"],
            complaints: [
                "not set", "not valid", "invalid", "incorrect", "missing", "not configured",
                "required", "not found", "expired", "must be set", "not provided", "no api",
                "not defined", "could not load", "unset", "please set",
            ],
            statuses: [401, 402, 403]),
        ErrorPhrases(
            type: .timeout,
            phrases: [
                "deadline_exceeded", "deadline expired", "deadline exceeded", "timed out",
                "timeout", "time-out", "etimedout",
            ],
            statuses: [408, 504]),
        ErrorPhrases(
            type: .providerError,
            phrases: [
                "overloaded", "api_error", "api error", "apierror", "unavailable", "econnrefused",
                "econnreset", "enotfound", "epipe", "fetch failed", "socket hang up",
                "connection refused", "connection closed", "connection error", "connection reset",
                "internal server error", "bad gateway", "no response from", "safety",
                "blocked", "content_filter", "prohibited_content", "model_not_found",
                "upstream",
            ],
            subjects: ["model"],
            complaints: ["not found", "does not exist", "not exist", "not supported"],
            statuses: [400, 404, 500, 502, 503, 520, 521, 522, 523, 524, 529]),
    ]

    /// The first class whose wording a text has; nil if none.
    static func type(of text: FoldedText, status: Int?) -> CallRecord.ErrorType? {
        all.first { $0.match(text, status: status) }?.type
    }

    /// Beginnings of texts that are errors though no flag says so.
    static let openings: [StaticString] = [
        "error:", "error calling ", "error executing ", "error running ", "error processing ",
        "error invoking ", "error generating ", "error querying ", "error communicating ",
        "error connecting ", "error during ", "error from ", "error in ", "error (", "error code:",
        "[error]", "[error:", "❌ error", "❌ failed", "⚠️ error", "**error**", "**error:**",
        "an error occurred", "exception:", "traceback (most recent call last)", "api error",
        "request failed", "failed to call ", "failed to generate ", "failed to get response",
        "failed to query ", "failed to connect ", "failed to execute ", "timeout error",
        "claude ai usage limit reached",
    ]

    /// Ends of the first few words, up to a colon or bracket, of such texts:
    /// `Grok API error (400): …`.
    static let openingEnds: [StaticString] = [
        "api error", "cli error", "request failed", "api request failed", "connection error",
        "api call failed", "request timed out", "command timed out",
    ]
}
