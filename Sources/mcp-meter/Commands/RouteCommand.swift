import Metering
import Policy
import Posix
import Records
import Reports
import Wire

/// `mcp-meter route`: what the rules of `MCP_METER_ROUTES` make of one call.
enum RouteCommand {
    /// As much of a request as a relay would hold.
    private static let requestBytesMax = 16 << 20

    static func run(_ options: RouteOptions) {
        if let path = options.check { return check(path) }
        let environment = Environment.current()
        let router = router(options, environment)
        let bytes = request()
        let explanation = explain(bytes, router, options, environment)
        if options.explain {
            Console.print(options.json ? explanation.json() : explanation.text())
            return
        }
        if let why = explanation.why { Console.complain(why + "; the call is as it was.") }
        write(explanation.edited?.line ?? bytes)
    }

    private static func check(_ path: String) {
        let count = rules(in: path, code: ExitCode.dataError).count
        Console.print(
            "\(path): \(count) rule\(count == 1 ? "" : "s"), ready for MCP_METER_ROUTES\n")
    }

    private static func router(
        _ options: RouteOptions, _ environment: [String: String]
    ) -> Router {
        if let path = options.routes {
            return Router(rules: rules(in: path, code: ExitCode.dataError))
        }
        guard let path = environment["MCP_METER_ROUTES"], !path.isEmpty else {
            Console.fail(
                "no rules: name their file with `--routes FILE` or in MCP_METER_ROUTES.",
                ExitCode.usage)
        }
        return Router(rules: rules(in: path, code: ExitCode.configuration))
    }

    /// - Parameter code: the exit status when they are wrong.
    private static func rules(in path: String, code: ExitCode) -> [RouteRule] {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try readWholeFile(path, atMost: ConfigurationFiles.bytesMax)
        } catch {
            Console.fail("\(path): \(error).", ExitCode.noInput)
        }
        do throws(JSONError) {
            return try RouteFile.read(bytes)
        } catch {
            Console.fail("\(path):\(error)", code)
        }
    }

    /// Standard input, which must be one JSON value.
    private static func request() -> [UInt8] {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try readWholeFile("/dev/stdin", atMost: requestBytesMax)
        } catch {
            Console.fail("standard input cannot be read: \(error).", ExitCode.noInput)
        }
        do throws(JSONError) {
            try checkOneValue(bytes)
        } catch {
            Console.fail("standard input:\(error)", ExitCode.dataError)
        }
        return bytes
    }

    private static func checkOneValue(_ bytes: [UInt8]) throws(JSONError) {
        try JSONReader.read(bytes.span) { (reader) throws(JSONError) in try reader.skip() }
    }

    private static func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { buffer in
            do throws(SystemError) {
                try writeAll(1, buffer)
            } catch {
                Console.fail("standard output: \(error).", ExitCode.inputOutput)
            }
        }
    }

    private static func explain(
        _ bytes: [UInt8], _ router: Router, _ options: RouteOptions,
        _ environment: [String: String]
    ) -> RouteExplanation {
        guard let preview = preview(bytes, options, environment) else {
            Console.fail(
                "standard input holds no `tools/call` request; expected one like "
                    + #"{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {…}}."#,
                ExitCode.dataError)
        }
        let now = Timestamp(microseconds: WallClock.now())
        let seconds = now.microseconds / 1_000_000
        let zone = Zone(nil, span: seconds...seconds) ?? .utc
        let facts = Router.Facts(
            request: PolicyRequest(preview, id: "", time: now),
            argument: ModelArgument(of: preview.tool, profile: preview.known.profile),
            content: ContentFacts(argumentsOf: bytes.span), budgetLeft: options.budgetLeft,
            time: options.time ?? LocalTime(now, in: zone))
        return RouteExplanation(bytes, facts, router)
    }

    /// What a relay would know of the call before it is sent.
    private static func preview(
        _ bytes: [UInt8], _ options: RouteOptions, _ environment: [String: String]
    ) -> CallPreview? {
        let configuration = Configuration(environment)
        let profiles = ConfigurationFiles.profiles(configuration)
        let vocabulary = Vocabulary(with: profiles)
        let findings = ServerFindings()
        if let server = options.server { findings.learn(name: server) }
        let previewer = CallPreviewer(
            MeterConfiguration(
                SessionPlan(
                    command: options.command, configuration: configuration,
                    environment: environment),
                session: "", clock: SessionClock(wall: Timestamp(microseconds: 0), monotonic: 0),
                seed: (0, 0), vocabulary: vocabulary, profiles: profiles),
            findings: findings)
        var scanner = FrameScanner(
            vocabulary: vocabulary, sink: FirstCall(previewer: previewer))
        // A request is one line on the wire; in a file it may be laid out on several.
        let line = bytes.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
        line.withUnsafeBytes { scanner.feed($0, stamp: 0) }
        scanner.finish()
        return scanner.sink.preview
    }
}

/// Takes the one message there is.
private struct FirstCall: FrameSink {
    var previewer: CallPreviewer
    private(set) var preview: CallPreview?

    init(previewer: CallPreviewer) { self.previewer = previewer }

    mutating func finished(_ observation: Observation) -> Observation {
        preview = previewer.preview(observation)
        observation.reset()
        return observation
    }
}
