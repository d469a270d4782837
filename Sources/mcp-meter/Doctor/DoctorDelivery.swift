import Delivery
import Ledger
import Posix
import Records

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Checks of each receiver: where it is, whether it answers, and what it has not been given yet.
extension DoctorReport {
    /// More than this without an answer is none.
    private static let patienceMilliseconds: UInt64 = 5000
    /// Records that wait longer than this while nobody delivers are said.
    private static let staleSeconds: Int64 = 3600

    /// - Parameters:
    ///   - shipments: what goes where, from this shell and from clients' configurations.
    ///   - offline: connect to nobody.
    mutating func checkDelivery(_ shipments: [Shipment], now: Timestamp, offline: Bool) {
        guard !shipments.isEmpty else {
            ok("delivery", "receivers", "none is configured: records stay in the ledger")
            return
        }
        checkLibrary(shipments.flatMap(\.sinks))
        for shipment in shipments { check(shipment, now: now, offline: offline) }
    }

    private mutating func check(_ shipment: Shipment, now: Timestamp, offline: Bool) {
        let directory = shipment.directory
        var transport = AnyTransport(environment: shipment.environment, stop: StopFlag())
        for sink in shipment.sinks {
            let area = "\(sink.destination)"
            let remedy = ReceiverVariables(of: sink)
            if let request = Self.emptyRequest(of: sink) {
                checkHeaders(area, request)
                if FileTransport.handles(request.url) {
                    checkFile(area, sink.destination.address)
                } else if !offline {
                    checkAnswer(area, request, transport.send(request), remedy)
                }
            }
            guard let directory else { continue }
            let report = DestinationReport(of: sink.destination, in: directory)
            let files = DeliveryFiles(of: sink.destination, in: directory)
            checkProgress(area, report, files, now, remedy)
        }
    }

    private mutating func checkLibrary(_ sinks: [any Sink]) {
        let needed = sinks.contains { sink in
            Self.emptyRequest(of: sink).map { !FileTransport.handles($0.url) } ?? true
        }
        guard needed else { return }
        switch CurlTransport.libraryVersion() {
        case .success(let version):
            // Itself and its TLS library; the rest is a long list.
            let words = version.split(separator: " ").prefix(2).joined(separator: ", ")
            ok("delivery", "libcurl", words)
        case .failure(let error):
            fail("delivery", "libcurl", "\(error)", remedy: "apt-get install libcurl4, or the like")
        }
    }

    // MARK: Asking

    /// A request like those the sink makes, with nothing in it: what it would send of a made-up
    /// call, without what it would say. Nil for a sink that would say nothing.
    private static func emptyRequest(of sink: any Sink) -> HTTPRequest? {
        var trial = sink
        let record = [madeUpCall, madeUpTrace].first { sink.wants($0) }
        guard let record, var request = trial.messages(for: [record]).first?.request else {
            return nil
        }
        let isJSON = request.headers.contains {
            $0.name.lowercased() == "content-type" && $0.value.hasPrefix("application/json")
        }
        // OTLP's `{}` is a whole, legal export of nothing. To the others no body is no message: they
        // refuse it, where `{}` might be a record with nothing in it.
        request.body = isJSON && sink.destination.sink.hasPrefix("otlp") ? Array("{}".utf8) : []
        request.compresses = false
        request.timeoutMilliseconds = patienceMilliseconds
        return request
    }

    private static var madeUpCall: Record {
        var call = CallRecord(
            id: "00000000-0000-7000-8000-000000000000", time: Timestamp(microseconds: 0),
            durationMilliseconds: 0, session: "", direction: .clientToServer, method: "tools/call",
            requestID: .number("0"), outcome: .ok, traceID: String(repeating: "1", count: 32),
            spanID: String(repeating: "1", count: 16), requestBytes: 0)
        call.tool = "doctor"
        call.provider = "doctor"
        call.model = "doctor"
        call.usage = TokenUsage(source: .reported, input: 1, output: 1)
        call.cost = Cost(source: .priced, nanodollars: 1)
        return .call(call)
    }

    private static var madeUpTrace: Record {
        .trace(
            TraceRecord(
                id: "00000000-0000-7000-8000-000000000001", time: Timestamp(microseconds: 0),
                durationMilliseconds: 0, session: "", cost: Cost(source: .priced, nanodollars: 1),
                outcome: .ok, traceID: String(repeating: "1", count: 32),
                spanID: String(repeating: "1", count: 16), end: .answered, turns: 1,
                clientTurns: 0, unpricedTurns: 0, modelCalls: 1))
    }

    /// Headers by their names: values are credentials.
    private mutating func checkHeaders(_ area: String, _ request: HTTPRequest) {
        let names = request.headers.map(\.name)
            .filter { !["content-type", "user-agent"].contains($0.lowercased()) }
        ok(
            area, "headers",
            names.isEmpty ? "none with credentials" : names.joined(separator: ", "))
    }

    private mutating func checkFile(_ area: String, _ path: String) {
        let place = access(path, F_OK) == 0 ? path : parentDirectory(of: path) ?? "/"
        if access(place, W_OK) == 0 {
            ok(area, "file", "can be written to")
        } else {
            let error = SystemError(call: "access", code: currentErrno())
            fail(
                area, "file", "\(place) cannot be written to: \(error.reason)",
                remedy: "make the directory, or make it writable for you")
        }
    }

    private mutating func checkAnswer(
        _ area: String, _ request: HTTPRequest, _ result: Result<HTTPResponse, TransportError>,
        _ variables: ReceiverVariables
    ) {
        let name = "answer"
        switch result {
        case .success(let answer):
            let secrets = request.headers.filter { $0.name.lowercased() != "content-type" }
                .flatMap { header in
                    [header.value] + header.value.split(separator: " ").dropFirst().map(String.init)
                }
            let text = answer.summary(masking: secrets)
            switch answer.status {
            case 200..<300: ok(area, name, "HTTP \(answer.status) to an empty message")
            case 401, 403, 407:
                fail(area, name, text, remedy: "check the credentials in \(variables.credentials)")
            case 300..<400, 404, 405:
                fail(area, name, text, remedy: "check the address in \(variables.address)")
            case 408, 429, 500...:
                warn(area, name, text, remedy: "nothing; records are kept and sent again later")
            default:
                ok(area, name, "HTTP \(answer.status) to an empty message, which it may refuse")
            }
        case .failure(.noLibrary): break  // That is said already.
        case .failure(.untrusted(let reason)):
            fail(
                area, name, reason,
                remedy: "name its authority's PEM file in \(variables.certificate)")
        case .failure(let error):
            fail(
                area, name, "\(error)",
                remedy: "start the receiver, or check \(variables.address) and the network")
        }
    }

    // MARK: What was delivered

    private mutating func checkProgress(
        _ area: String, _ report: DestinationReport, _ files: DeliveryFiles, _ now: Timestamp,
        _ variables: ReceiverVariables
    ) {
        if let trouble = report.trouble {
            fail(area, "progress", trouble, remedy: "mend the permissions or the disk")
            return
        }
        let backlog = report.backlog
        var text = "\(Self.count(report.status?.delivered ?? 0, "record")) delivered, "
        text +=
            backlog.records == 0
            ? "none to go"
            : "\(Self.count(backlog.records, "line")) (\(Self.bytes(backlog.bytes))) to go"
        if let last = report.status?.lastSuccess { text += ", last time \(last.rfc3339)" }
        let age = report.oldestSeconds(now) ?? 0
        switch report.state {
        case .blocked:
            let reason = report.status?.lastError ?? "it takes nothing"
            fail(
                area, "progress", "\(text); blocked: \(reason)",
                remedy: "check \(variables.address) and \(variables.credentials)")
        case .waiting:
            let reason = report.status?.lastError ?? "it cannot take it now"
            warn(
                area, "progress", "\(text); waiting: \(reason)",
                remedy: "nothing; it is tried again")
        case .stopped where age > Self.staleSeconds:
            let reason = report.status?.lastError.map { "; the last error: \($0)" } ?? ""
            warn(
                area, "progress",
                "\(text), the oldest waiting for \(age / 3600) h with nobody delivering\(reason)",
                remedy: "mcp-meter deliver")
        case .idle, .sending, .stopped: ok(area, "progress", text)
        }
        if report.deadLetters > 0 {
            warn(
                area, "dead letters",
                "\(Self.count(report.deadLetters, "message")) it would not have, in "
                    + files.deadLetters,
                remedy: "read there why; then mcp-meter deliver --retry-dead")
        }
    }
}

/// The variables to look at when something is wrong with a receiver.
private struct ReceiverVariables {
    let address: String
    let credentials: String
    let certificate: String

    init(of sink: any Sink) {
        let name = sink.destination.sink
        certificate =
            name.hasPrefix("otlp") ? "OTEL_EXPORTER_OTLP_CERTIFICATE" : "SSL_CERT_FILE"
        switch name {
        case "evalops-meter":
            address = "EVALOPS_METER_BASE_URL or EVALOPS_BASE_URL"
            credentials = "EVALOPS_TOKEN"
        case "evalops-traces":
            address = "EVALOPS_TRACES_BASE_URL or EVALOPS_BASE_URL"
            credentials = "EVALOPS_TOKEN"
        case "mosaic":
            address = "MOSAIC_TELEMETRY_SERVER_URL and MOSAIC_TELEMETRY_ENDPOINT"
            credentials = "MOSAIC_TELEMETRY_API_KEY"
        case "harper":
            address = "HARPER_ANALYTICS_URL"
            credentials = "HARPER_ANALYTICS_USERNAME and HARPER_ANALYTICS_PASSWORD"
        default:
            address = "OTEL_EXPORTER_OTLP_ENDPOINT"
            credentials = "OTEL_EXPORTER_OTLP_HEADERS"
        }
    }
}
