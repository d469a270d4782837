import Metering
import Records
import Testing
import Wire

@Suite struct ErrorsTests {
    /// Texts of tool results with `isError`.
    @Test(
        arguments: [
            ("RESOURCE_EXHAUSTED", .rateLimit), ("You exceeded your current quota", .rateLimit),
            (
                "Quota exceeded for metric: generate_content_input_token_count, limit: 10000",
                .rateLimit
            ),
            ("Please retry in 40.02s.", .rateLimit), ("rate_limit_exceeded", .rateLimit),
            ("insufficient_quota", .rateLimit), ("rate_limit_error", .rateLimit),
            ("This request would exceed your organization's rate limit of 50", .rateLimit),
            ("ThrottlingException: Rate exceeded", .rateLimit),
            ("Service tier capacity exceeded for this model", .rateLimit),
            ("Claude AI usage limit reached|1760000000", .rateLimit),
            ("Error calling Grok (HTTP 429): slow down", .rateLimit),
            ("DEADLINE_EXCEEDED", .timeout), ("504 Deadline expired before operation", .timeout),
            ("Post \"https://x\": context deadline exceeded", .timeout),
            ("Gemini CLI command timed out after 60 seconds", .timeout),
            ("connect ETIMEDOUT 1.2.3.4:443", .timeout), ("HTTP 408", .timeout),
            ("status code: 504", .timeout), ("MCP error -32001: Request timed out", .timeout),
            ("context_length_exceeded", .contextOverflow),
            ("This model's maximum context length is 8192 tokens", .contextOverflow),
            ("prompt is too long: 209752 tokens > 200000 maximum", .contextOverflow),
            ("input length and `max_tokens` exceed context limit: 1 + 2 > 3", .contextOverflow),
            ("request_too_large", .contextOverflow),
            (
                "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).",
                .contextOverflow
            ),
            (
                "maximum prompt length is 131072 but the request contains 149617 tokens",
                .contextOverflow
            ),
            ("the request exceeds the available context size", .contextOverflow),
            ("exceed_context_size_error", .contextOverflow),
            ("Input is too long for requested model.", .contextOverflow),
            (
                "Prompt contains 40000 tokens, too large for model with 32768 maximum context length",
                .contextOverflow
            ),
            ("Your input exceeds the context window of this model", .contextOverflow),
            ("API Error: 529 {\"type\":\"overloaded_error\"}", .providerError),
            ("{\"type\":\"api_error\",\"message\":\"Internal server error\"}", .providerError),
            ("[503 Service Unavailable] The model is overloaded.", .providerError),
            ("UNAVAILABLE", .providerError),
            ("connect ECONNREFUSED 127.0.0.1:11434", .providerError),
            ("TypeError: fetch failed", .providerError),
            ("model 'llama9' not found", .providerError),
            ("The model `gpt-9` does not exist", .providerError),
            ("Response was blocked due to SAFETY", .providerError),
            ("HTTP 400: bad", .providerError),
            ("API key not valid. Please pass a valid API key.", .auth), ("API_KEY_INVALID", .auth),
            ("Incorrect API key provided: xa***yz.", .auth), ("authentication_error", .auth),
            ("PERMISSION_DENIED", .auth), ("X_API_KEY not set", .auth),
            ("GEMINI_API_KEY is not configured.", .auth), ("insufficient balance", .auth),
            ("Your credit balance is too low to access the API", .auth), ("status: 401", .auth),
            ("Request failed with status code 403", .auth), ("(Error code: 402)", .auth),
            ("AbortError: This operation was aborted", .cancelled),
            ("rpc error: context canceled", .cancelled), ("HTTP 499", .cancelled),
            ("Unknown tool: frobnicate", .other), ("Invalid arguments", .other), ("", .other),
            // Bare numbers say nothing.
            ("Could not answer: explain 429 and 503 to me", .other),
            ("limit is 4290 apples", .other), ("version 4.429 of it", .other),
        ] as [(String, CallRecord.ErrorType)])
    func wordings(_ text: String, _ type: CallRecord.ErrorType) throws {
        let exchange = try Exchange(answer: Exchange.text(text, extra: #","isError":true"#))
        #expect(exchange.errorType == type)
    }

    @Test(
        arguments: [
            (-32800, "Request cancelled", .cancelled), (-32001, "Request timed out", .timeout),
            (-32001, "", .timeout), (-32000, "Connection closed", .providerError),
            (-32603, "Internal error", .providerError), (-32603, "", .providerError),
            (-32700, "Parse error", .other), (-32600, "Invalid Request", .other),
            (-32601, "Method not found", .other), (-32602, "Unknown tool: frobnicate", .other),
            (-32602, "timeout: expected number", .other),
            (-32042, "URL elicitation required", .other),
            (
                -32603, "MCP error -32603: Internal error: MCP error -32601: Unknown tool: nope",
                .other
            ),
            (-32603, "MCP error -32603: Internal error: GEMINI_API_KEY is not configured.", .auth),
            (-32600, "Session management error: Session X not found", .other),
            (
                -32603, "[400 Bad Request] The input token count (9) exceeds the maximum",
                .contextOverflow
            ),
            (429, "slow down", .rateLimit), (401, "who?", .auth), (504, "", .timeout),
        ] as [(Int, String, CallRecord.ErrorType)])
    func codes(_ code: Int, _ message: String, _ type: CallRecord.ErrorType) throws {
        let exchange = try Exchange(
            answer: #""error":{"code":\#(code),"message":\#(quoted(message))}"#)
        let error = try #require(
            ErrorReader.classify(exchange.answer, request: exchange.request))
        #expect(error.type == type)
        #expect(error.code == code)
    }

    @Test(
        arguments: [
            (#"{"code":"UPSTREAM_TIMEOUT"}"#, .timeout), (#"{"code":"RATE_LIMITED"}"#, .rateLimit),
            (#"{"code":"UPSTREAM_HTTP","status":429}"#, .rateLimit),
            (#"{"code":"UPSTREAM_HTTP"}"#, .providerError),
            (#"{"errorCode":"UNAUTHORIZED"}"#, .auth),
            (#"{"code":"CONTEXT_LENGTH_EXCEEDED"}"#, .contextOverflow),
            (#"{"code":"CANCELLED"}"#, .cancelled), (#"{"code":"INVALID_INPUT"}"#, .other),
            (#"{"details":{"status":401}}"#, .auth),
        ] as [(String, CallRecord.ErrorType)])
    func structured(_ meta: String, _ type: CallRecord.ErrorType) throws {
        let result = try Exchange(
            answer: Exchange.text(
                "chat_completion failed", extra: #","isError":true,"_meta":\#(meta)"#))
        #expect(result.errorType == type)
        let error = try Exchange(
            answer: #""error":{"code":-32000,"message":"failed","data":\#(meta)}"#)
        #expect(error.errorType == (type == .other ? .providerError : type))
    }

    /// Errors that no flag marks.
    @Test(
        arguments: [
            ("Error calling Grok (HTTP 429): {\"code\":\"exhausted\"}", .rateLimit),
            ("Error: Gemini CLI command timed out after 60 seconds", .timeout),
            ("Error: OPENAI_API_KEY not set", .auth), ("❌ Error: fetch failed", .providerError),
            ("\r\nError: fetch failed", .providerError),
            ("Grok API error (400): Incorrect API key provided: xa***yz.", .auth),
            ("OpenAI API Error: context_length_exceeded", .contextOverflow),
            ("Claude AI usage limit reached|1760000000", .rateLimit),
            (#"{"success":false,"error":"Chat timeout - model may be loading"}"#, .timeout),
            (#"{"success":false}"#, .other), (#"{"error":"model 'x' not found"}"#, .providerError),
            (#"{"status":"error","content":"Rate limit reached for model"}"#, .rateLimit),
            (
                #"{"status":"partial","findings":{},"metadata":{"errorType":"RateLimitError","errorCode":"RATE_LIMIT_ERROR","errorSource":"external_api"}}"#,
                .rateLimit
            ),
            (
                #"{"status":"partial","metadata":{"errorType":"ApiError","errorCode":"GEMINI_API_ERROR","errorSource":"external_api"}}"#,
                .providerError
            ),
            (#"{"type":"result","is_error":true,"result":"API Error: 529"}"#, .providerError),
        ] as [(String, CallRecord.ErrorType)])
    func soft(_ text: String, _ type: CallRecord.ErrorType) throws {
        let exchange = try Exchange(answer: Exchange.text(text), provider: "google")
        #expect(exchange.errorType == type)
        #expect(exchange.usages.allSatisfy { $0.usage == nil })
        let denied = try Exchange(answer: Exchange.text(text, extra: #","isError":false"#))
        #expect(denied.errorType == type)
    }

    @Test(arguments: [
        "HTTP 429 means too many requests. RESOURCE_EXHAUSTED is what Gemini calls it.",
        "Errors in Go are values: handle them.", "The error was a timeout (504).",
        "Error handling in Swift: use do and catch.", "Timeouts are hard.",
        "Error: " + String(repeating: "an essay about errors ", count: 60),
        #"{"success":true,"response":"Error: none"}"#, #"{"status":"partial","findings":{}}"#,
        #"{"error":null,"response":"Paris"}"#, #"{"error":"","response":"Paris"}"#,
        #"{"status":"success","metadata":{"is_error":false}}"#,
        "Rate limit errors carry a Retry-After header.",
    ])
    func answersAboutErrors(_ text: String) throws {
        #expect(try Exchange(answer: Exchange.text(text)).errorType == nil)
    }

    @Test func otherMessagesAreNoErrors() throws {
        let request = try scan(#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}"#)
        #expect(ErrorReader.classify(request, request: RequestFacts(request)) == nil)
    }
}
