import Records

/// Who says what is sent (OpenTelemetry specification, "Resource SDK").
struct OTLPResource {
    /// In the order they are sent.
    let attributes: [Attribute]

    init(_ variables: OTLPVariables, _ complain: (String) -> Void) {
        var given: [(name: String, value: String)] = []
        let name = "OTEL_RESOURCE_ATTRIBUTES"
        if let text = variables[name] {
            if let pairs = Self.pairs(text) {
                given = pairs
            } else {
                complain(
                    variables.bad(
                        name,
                        expected: "name=value,name=value with commas and equals signs as %2C "
                            + "and %3D; all of it is left out"))
            }
        }
        if let service = variables["OTEL_SERVICE_NAME"] {
            given.removeAll { $0.name == "service.name" }
            given.insert(("service.name", service), at: 0)
        }
        var attributes: [Attribute] = []
        if !given.contains(where: { $0.name == "service.name" }) {
            attributes.add("service.name", "mcp-meter")
            // The version of a service that somebody else named is not known here.
            if !given.contains(where: { $0.name == "service.version" }) {
                attributes.add("service.version", Version.text)
            }
        }
        for (name, value) in given { attributes.add(name, value) }
        self.attributes = attributes
    }

    /// With an id that tells this stream from all others, unless one was given: totals that two
    /// senders count must not be taken for one.
    func attributes(instance: String) -> [Attribute] {
        let key = "service.instance.id"
        guard !attributes.contains(where: { $0.key == key }) else { return attributes }
        return attributes + [Attribute(key: key, value: .string(instance))]
    }

    /// Nil if anything in it cannot be understood; of a repeated name the last counts.
    private static func pairs(_ text: String) -> [(name: String, value: String)]? {
        var pairs: [(name: String, value: String)] = []
        for pair in text.nameValuePairs {
            guard let name = pair?.name.percentDecoded, let value = pair?.value.percentDecoded
            else { return nil }
            pairs.removeAll { $0.name == name }
            pairs.append((name, value))
        }
        return pairs
    }
}
