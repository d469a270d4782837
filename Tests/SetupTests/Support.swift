@testable import Setup

/// The same numbers for the same seed, on every machine (SplitMix64).
struct Random: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &self)]
    }
}

extension ServerDocument {
    init(_ text: String, _ format: Format = .json, client: Client? = nil) throws(TextError) {
        try self.init(Document(Array(text.utf8), format), client, MeterCommand())
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// With mcp-meter in front of the servers of these names; of all that can be for none.
    func wrapped(
        _ names: String..., adding variables: [String: String] = [:],
        original: ServerDocument? = nil
    ) throws(Refusal) -> (after: ServerDocument, original: ServerDocument) {
        let wrapping = Wrapping(
            command: "mcp-meter",
            variables: variables.sorted { $0.key < $1.key }.map {
                Wrapping.Variable(name: $0.key, value: $0.value)
            })
        var wrappings: [Int: Wrapping] = [:]
        for (index, server) in servers.enumerated()
        where names.isEmpty ? server.entry.obstacle == nil : names.contains(server.entry.name) {
            wrappings[index] = wrapping
        }
        return try wrapped(wrappings, original: original)
    }

    func unwrappedAll(original: ServerDocument?) throws(Refusal) -> ServerDocument {
        try unwrapped(Array(servers.indices), original: original)
    }
}
