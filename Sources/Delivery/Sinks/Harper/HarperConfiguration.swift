import Records

extension HarperSink {
    static let defaultDatabase = "mcp_meter"

    /// The one that is configured, if any.
    ///
    /// - `HARPER_ANALYTICS_URL`: the address of Harper's operations API, such as
    ///   `http://127.0.0.1:9925/`.
    /// - `HARPER_ANALYTICS_TOKEN`: an operation token (JWT), or `HARPER_ANALYTICS_USERNAME` and
    ///   `HARPER_ANALYTICS_PASSWORD`; else user and password of the URL.
    /// - `HARPER_ANALYTICS_DATABASE`: where the two tables are, by default `mcp_meter`.
    /// - `HARPER_ANALYTICS_TENANT`: the rows' `tenant`, by default none.
    ///
    /// - Parameters:
    ///   - environment: the variables by name. An empty value is the same as none.
    ///   - complain: gets a line for each bad value, none of which is a secret's.
    package static func read(
        _ environment: [String: String], complain: (String) -> Void
    ) -> [any Sink] {
        let values = environment.filter { !$0.value.isEmpty }
        guard let text = values["HARPER_ANALYTICS_URL"] else { return [] }
        guard let url = EndpointURL(text) else {
            complain(
                "HARPER_ANALYTICS_URL is `\(EndpointURL.masked(text))`; expected the URL of Harper's "
                    + "operations API, like https://harper.example:9925. Nothing is sent to Harper."
            )
            return []
        }
        guard let authorization = authorization(values, url, complain) else { return [] }
        guard authorization.isEmpty || url.isPrivate else {
            complain(
                "HARPER_ANALYTICS_URL is `\(url.shown)`; expected https, as credentials go with it "
                    + "(http only to this machine). Nothing is sent to Harper.")
            return []
        }
        var database = defaultDatabase
        if let name = values["HARPER_ANALYTICS_DATABASE"] {
            if isName(name) {
                database = name
            } else {
                complain(
                    "HARPER_ANALYTICS_DATABASE is `\(name)`; expected letters, digits, `_` and `-`. "
                        + "The database \(defaultDatabase) is used.")
            }
        }
        return [
            HarperSink(
                // Another database is another destination.
                destination: Destination(sink: "harper", address: "\(url.shown)/\(database)"),
                url: url.request(), authorization: authorization.isEmpty ? nil : authorization,
                database: database, tenant: values["HARPER_ANALYTICS_TENANT"])
        ]
    }

    /// The header's value, empty for none; nil after a complaint.
    private static func authorization(
        _ values: [String: String], _ url: EndpointURL, _ complain: (String) -> Void
    ) -> String? {
        if let token = values["HARPER_ANALYTICS_TOKEN"] {
            guard token.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
                complain(
                    "HARPER_ANALYTICS_TOKEN has a blank or a character that no token has; expected "
                        + "an operation token of Harper's. Nothing is sent to Harper.")
                return nil
            }
            return "Bearer " + token
        }
        switch (values["HARPER_ANALYTICS_USERNAME"], values["HARPER_ANALYTICS_PASSWORD"]) {
        case (let user?, let password?):
            return "Basic " + Base64.encoded("\(user):\(password)".utf8)
        case (nil, nil):
            return url.userinfo.map { "Basic " + Base64.encoded(PercentEncoding.decoded($0.utf8)) }
                ?? ""
        case (let user, _):
            let missing = user == nil ? "USERNAME" : "PASSWORD"
            let found = user == nil ? "PASSWORD" : "USERNAME"
            complain(
                "HARPER_ANALYTICS_\(missing) is not set; expected it with HARPER_ANALYTICS_\(found). "
                    + "Nothing is sent to Harper.")
            return nil
        }
    }

    /// What Harper allows in a name, and a URL of ours can show.
    private static func isName(_ text: String) -> Bool {
        text.utf8.count <= 250
            && text.utf8.allSatisfy {
                0x30...0x39 ~= $0 || 0x41...0x5A ~= $0 || 0x61...0x7A ~= $0
                    || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
            }
    }

}
