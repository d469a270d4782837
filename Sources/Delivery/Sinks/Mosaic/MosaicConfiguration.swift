extension MosaicSink {
    /// The path that events are posted to unless `MOSAIC_TELEMETRY_ENDPOINT` names another: a guess,
    /// after `/v1/predictions/batch`, which is public.
    static let defaultEndpoint = "/v1/events/batch"
    /// Events in one request unless `MOSAIC_TELEMETRY_BATCH_SIZE` says otherwise: ours, as no limit
    /// is public.
    static let defaultBatchSize = 100
    static let batchSizes = 1...1000

    /// Those that are configured: none, a server, a file, or both.
    ///
    /// - `MOSAIC_TELEMETRY_ENABLED`: `true`, or nothing is sent.
    /// - `MOSAIC_TELEMETRY_INSTANCE_ID`: a UUID, which every event carries.
    /// - `MOSAIC_TELEMETRY_SERVER_URL`: the server, with `MOSAIC_TELEMETRY_API_KEY`, 64 hexadecimal
    ///   digits, and optionally `MOSAIC_TELEMETRY_ENDPOINT` and `MOSAIC_TELEMETRY_BATCH_SIZE`.
    /// - `MOSAIC_TELEMETRY_FILE`: an absolute path; events are appended to it, one a line.
    ///
    /// - Parameters:
    ///   - environment: the variables by name. An empty value is the same as none.
    ///   - complain: gets a line for each bad value, none of which is a secret's.
    package static func read(
        _ environment: [String: String], complain: (String) -> Void
    ) -> [any Sink] {
        let values = environment.filter { !$0.value.isEmpty }
        guard let enabled = values["MOSAIC_TELEMETRY_ENABLED"] else { return [] }
        guard enabled.lowercased() == "true" else {
            if enabled.lowercased() != "false" {
                complain(
                    "MOSAIC_TELEMETRY_ENABLED is `\(enabled)`; expected true or false. Nothing is "
                        + "sent to Mosaic.")
            }
            return []
        }
        guard let instance = values["MOSAIC_TELEMETRY_INSTANCE_ID"], EventID.isUUID(instance) else {
            let found = values["MOSAIC_TELEMETRY_INSTANCE_ID"].map { "`\($0)`" } ?? "not set"
            complain(
                "MOSAIC_TELEMETRY_INSTANCE_ID is \(found); expected the UUID of this installation. "
                    + "Nothing is sent to Mosaic.")
            return []
        }
        var size = defaultBatchSize
        if let text = values["MOSAIC_TELEMETRY_BATCH_SIZE"] {
            if let number = Int(text), batchSizes.contains(number) {
                size = number
            } else {
                complain(
                    "MOSAIC_TELEMETRY_BATCH_SIZE is `\(text)`; expected \(batchSizes.lowerBound) to "
                        + "\(batchSizes.upperBound). \(defaultBatchSize) are sent at a time.")
            }
        }
        let server = server(values, complain)
        let file = file(values, complain)
        if values["MOSAIC_TELEMETRY_SERVER_URL"] == nil, values["MOSAIC_TELEMETRY_FILE"] == nil {
            complain(
                "MOSAIC_TELEMETRY_ENABLED is true, but nothing says where to; expected "
                    + "MOSAIC_TELEMETRY_SERVER_URL or MOSAIC_TELEMETRY_FILE.")
        }
        return [server, file].compactMap { found in
            guard let (address, target) = found else { return nil }
            return MosaicSink(
                destination: Destination(sink: "mosaic", address: address),
                batch: BatchLimits(records: size, ageMilliseconds: 5000),
                instanceID: instance.lowercased(), target: target)
        }
    }

    private static func server(
        _ values: [String: String], _ complain: (String) -> Void
    ) -> (address: String, target: Target)? {
        guard let text = values["MOSAIC_TELEMETRY_SERVER_URL"] else { return nil }
        func off(_ line: String) -> (address: String, target: Target)? {
            complain(line + " Nothing is sent to Mosaic's server.")
            return nil
        }
        guard let url = SinkURL(text) else {
            return off(
                "MOSAIC_TELEMETRY_SERVER_URL is `\(SinkURL.masked(text))`; expected a URL like "
                    + "https://telemetry.example.")
        }
        guard url.isPrivate else {
            return off(
                "MOSAIC_TELEMETRY_SERVER_URL is `\(url.shown)`; expected https, as the API key goes "
                    + "with it (http only to this machine).")
        }
        guard let key = values["MOSAIC_TELEMETRY_API_KEY"], isKey(key) else {
            let isSet = values["MOSAIC_TELEMETRY_API_KEY"] != nil
            return off(
                "MOSAIC_TELEMETRY_API_KEY is \(isSet ? "no such key" : "not set"); expected 64 "
                    + "hexadecimal digits.")
        }
        let path = values["MOSAIC_TELEMETRY_ENDPOINT"] ?? defaultEndpoint
        guard isPath(path) else {
            return off(
                "MOSAIC_TELEMETRY_ENDPOINT is `\(SinkURL.masked(path))`; expected a path like "
                    + "\(defaultEndpoint).")
        }
        return (url.shown + path, .server(url: url.request(path: path), key: key))
    }

    private static func file(
        _ values: [String: String], _ complain: (String) -> Void
    ) -> (address: String, target: Target)? {
        guard let path = values["MOSAIC_TELEMETRY_FILE"] else { return nil }
        // Whoever ships may have another working directory than whoever set the variable.
        guard path.hasPrefix("/"), !path.hasSuffix("/") else {
            complain(
                "MOSAIC_TELEMETRY_FILE is `\(path)`; expected the absolute path of a file. No events "
                    + "are written.")
            return nil
        }
        return (path, .file(url: FileTransport.url(of: path)))
    }

    private static func isKey(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy {
                0x30...0x39 ~= $0 || 0x41...0x46 ~= $0 || 0x61...0x66 ~= $0
            }
    }

    /// Absolute, printable ASCII, no query: that belongs to the server's URL.
    private static func isPath(_ text: String) -> Bool {
        text.hasPrefix("/")
            && text.utf8.allSatisfy {
                0x21...0x7E ~= $0 && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#")
            }
    }
}
