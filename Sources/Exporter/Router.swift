internal import Posix
internal import Records

extension Exporter {
    /// Answers a request. Any thread.
    package func answer(_ request: Request) -> Response {
        if let refused = refusal(of: request) { return refused }
        guard let route = Self.routes.first(where: { $0.path == request.path }) else {
            return .error(
                404,
                "there is nothing at \(printable(request.path)); see "
                    + Self.routes.map(\.path).joined(separator: ", "))
        }
        let method = request.method == "HEAD" ? "GET" : request.method
        guard method == route.method else {
            return .error(
                405, "\(route.path) takes \(route.method)", headers: [("Allow", route.allow)])
        }
        return route.answer(self, request)
    }

    private struct Route: Sendable {
        let method: String
        let path: String
        let answer: @Sendable (Exporter, Request) -> Response

        var allow: String { method == "GET" ? "GET, HEAD" : method }
    }

    private static let routes: [Route] = [
        Route(method: "GET", path: "/", answer: { $0.page($1) }),
        Route(method: "GET", path: "/metrics", answer: { $0.metrics($1) }),
        Route(method: "POST", path: "/usage", answer: { $0.usage($1) }),
        Route(method: "GET", path: "/api/summary", answer: { $0.summary($1) }),
        Route(method: "GET", path: "/api/calls", answer: { $0.calls($1) }),
        Route(method: "GET", path: "/healthz", answer: { $0.health($1) }),
        Route(method: "GET", path: "/health", answer: { $0.health($1) }),
        Route(method: "GET", path: "/readyz", answer: { $0.readiness($1) }),
    ]

    // MARK: Who may ask

    private func refusal(of request: Request) -> Response? {
        // A page of some other site can have its own name point at this machine, and would then
        // read what is here (DNS rebinding). It cannot use an address in numbers.
        if let host = request.header("host"), !isOwn(host: host) {
            return .error(421, "this is not \(printable(host)); ask by address or as localhost")
        }
        // Nor may it post to us from a form.
        if let origin = request.header("origin"), origin != "null",
            !isOwn(host: String(origin.split(separator: "/").last ?? ""))
        {
            return .error(403, "no requests from the pages of \(printable(origin))")
        }
        guard let token = settings.token, !isOpen(request) else { return nil }
        let given = request.header("authorization") ?? ""
        let scheme = given.prefix(7)
        guard scheme.lowercased() == "bearer ", isEqual(trimmed(given.dropFirst(7)), token) else {
            return .error(
                401, "a bearer token is needed: MCP_METER_TOKEN",
                headers: [("WWW-Authenticate", "Bearer")])
        }
        return nil
    }

    /// What anybody may ask who can reach us: on this machine everything but posting. The page
    /// itself holds no figure; it asks its reader for the token.
    private func isOpen(_ request: Request) -> Bool {
        if ["/", "/healthz", "/readyz"].contains(request.path), request.method != "POST" {
            return true
        }
        return settings.isLoopback && request.method != "POST"
    }

    private func isOwn(host: String) -> Bool {
        var name = host.lowercased()
        if name.hasPrefix("[") {
            guard let end = name.firstIndex(of: "]") else { return false }
            return name[name.index(after: end)...].allSatisfy { $0 == ":" || $0.isNumber }
        }
        if let colon = name.lastIndex(of: ":") { name = String(name[..<colon]) }
        if name == "localhost" || settings.hosts.contains(name) { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Takes as long for a wrong guess as for a right one.
    private func isEqual(_ a: String, _ b: String) -> Bool {
        let (a, b) = (Array(a.utf8), Array(b.utf8))
        var difference = a.count ^ b.count
        for (place, byte) in b.enumerated() {
            difference |= Int(byte ^ (place < a.count ? a[place] : 0))
        }
        return difference == 0
    }

    // MARK: Answers

    private func page(_ request: Request) -> Response {
        let policy =
            "default-src 'none'; style-src 'sha256-\(Page.styleHash)'; "
            + "script-src 'sha256-\(Page.scriptHash)'; connect-src 'self'; img-src data:; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            + "require-trusted-types-for 'script'; trusted-types 'none'"
        return compressed(
            Response(
                200, contentType: "text/html; charset=utf-8",
                headers: [
                    ("Content-Security-Policy", policy), ("Referrer-Policy", "no-referrer"),
                    ("Cross-Origin-Resource-Policy", "same-origin"), ("Cache-Control", "no-cache"),
                ], body: Page.html), request)
    }

    private func metrics(_ request: Request) -> Response {
        // A counter that is lower than it was is taken for one that began anew, and all of it for an
        // increase: no figure is better than half a figure.
        guard ready else { return readiness(request) }
        let format = ExpositionFormat(accept: request.header("accept"))
        return compressed(
            Response(200, contentType: format.contentType, body: metricsText(format)), request)
    }

    private func usage(_ request: Request) -> Response {
        do throws(Refusal) {
            let receipt = try intake.take(
                request.body, isReady: ready, isKnown: knows)
            return Response(200, contentType: "application/json", body: receipt.json)
        } catch {
            let headers = error.status == 503 ? [("Retry-After", "1")] : []
            return .error(error.status, error.reason, headers: headers)
        }
    }

    private func summary(_ request: Request) -> Response {
        let now = Timestamp(microseconds: WallClock.now())
        guard let span = PageData.Span(query: request.query, now: now) else {
            return .error(400, PageData.Span.rule)
        }
        let isReady = ready
        return data(request) { metrics, summary in
            PageData.summary(
                summary, span, budgets: summary.use(of: settings.budgets, at: now),
                sessions: metrics.sessions.count,
                inFlight: metrics.sessions.values.reduce(0) { $0 + $1.requests.count },
                isReady: isReady, version: settings.version)
        }
    }

    private func calls(_ request: Request) -> Response {
        var limit = 100
        var trace: String?
        for pair in request.query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "limit":
                guard let number = Int(parts[1]), (1...500).contains(number) else {
                    return .error(400, "limit must be a number from 1 to 500")
                }
                limit = number
            case "trace_id": trace = String(parts[1])
            default: continue
            }
        }
        return data(request) { _, summary in
            PageData.calls(summary, limit: limit, trace: trace)
        }
    }

    /// What the page asks for every other second: made and sent only when something was counted
    /// since it was made for the same reader (RFC 9110 §13.1.2).
    private func data(
        _ request: Request, _ make: (MetricsSnapshot, Summary) -> [UInt8]
    ) -> Response {
        // The mark is of before the figures: at worst they are sent once more.
        let mark = "W/\"\(revision)\""
        let headers = [
            ("Cache-Control", "no-store"), ("Cross-Origin-Resource-Policy", "same-origin"),
            ("ETag", mark),
        ]
        if request.header("if-none-match") == mark {
            return Response(304, contentType: "", headers: headers)
        }
        let (metrics, summary) = snapshot()
        return compressed(
            Response(
                200, contentType: "application/json", headers: headers,
                body: make(metrics, summary)), request)
    }

    private func health(_ request: Request) -> Response {
        Response(200, contentType: "application/json", body: Array("{\"status\":\"ok\"}\n".utf8))
    }

    private func readiness(_ request: Request) -> Response {
        guard ready else {
            return .error(503, "the ledger is still being read", headers: [("Retry-After", "1")])
        }
        return Response(
            200, contentType: "application/json", body: Array("{\"status\":\"ready\"}\n".utf8))
    }

    private func compressed(_ response: Response, _ request: Request) -> Response {
        guard response.body.count > 1_400, acceptsGzip(request.header("accept-encoding")),
            let body = settings.gzip(response.body)
        else { return response }
        var response = response
        response.body = body
        response.headers += [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]
        return response
    }
}

/// Whether an `Accept-Encoding` header allows gzip (RFC 9110 §12.5.3).
func acceptsGzip(_ header: String?) -> Bool {
    for coding in (header ?? "").lowercased().split(separator: ",") {
        let parts = coding.split(separator: ";").map(trimmed)
        guard parts.first == "gzip" || parts.first == "*" else { continue }
        let weight = parts.dropFirst().first { $0.hasPrefix("q=") }
        return weight.flatMap { Double($0.dropFirst(2)) } != 0
    }
    return false
}

extension UsageIntake.Receipt {
    /// `{"success":true,"cost":0.0125,"stored":1,"known":0,"records":[…]}`: the older exporter's
    /// answer, and what became of each record.
    var json: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("success", true)
        let nanodollars = stored.reduce(Int64(0)) { $0 &+ ($1.cost?.nanodollars ?? 0) }
        json.key("cost")
        json.number(literal: decimal(nanodollars, 9))
        json.member("stored", UInt64(stored.count))
        json.member("known", UInt64(known.count))
        json.key("records")
        json.beginArray()
        for record in stored { Record.usage(record).encode(into: &json) }
        json.endArray()
        json.endObject()
        json.newline()
        return json.finish()
    }
}
