/// What an observation is made of, as plain values: how a test says what should have been observed.
///
/// Nothing here is bounded by `Limits`; who fills it in decides what is kept.
package struct ObservationParts {
    /// A node with everything below it.
    package struct Node {
        package var key: Key
        package var kind: Sketch.Kind
        /// The key's own bytes; for `.named` only.
        package var name: [UInt8] = []
        /// As `Sketch.Node` describes it for each kind; a digest's is 32 hexadecimal digits.
        package var value: [UInt8] = []
        package var isTruncated = false
        package var children: [Node] = []
        /// Set for the node of a text. Its tail, if any, is a string child with the key `.text`.
        package var text: TextParts?

        package init(_ key: Key, _ kind: Sketch.Kind) {
            self.key = key
            self.kind = kind
        }
    }

    /// A `Text` without its places in the sketch.
    package struct TextParts {
        package var shape = Text.Shape.prose
        package var size = TextSize()
        package var answerSize = TextSize()
        package var hasAnswer = false
        package var hasOpenFence = false
        package var isLongerThanTail = false

        package init() {}
    }

    package var root = Node(.root, .object)
    package var argumentSize = TextSize()
    package var promptSize = TextSize()
    package var structuredSize = TextSize()
    package var uncountedTextSize = TextSize()
    package var hasPromptArgument = false
    package var byteCount: UInt64 = 0
    package var firstStamp: UInt64 = 0
    package var lastStamp: UInt64 = 0
    package var isInBatch = false

    package init() {}
}

extension Observation {
    /// An observation of exactly these parts.
    package convenience init(_ parts: ObservationParts) {
        self.init()
        add(parts.root, parent: 0)
        argumentSize = parts.argumentSize
        promptSize = parts.promptSize
        structuredSize = parts.structuredSize
        uncountedTextSize = parts.uncountedTextSize
        hasPromptArgument = parts.hasPromptArgument
        byteCount = parts.byteCount
        firstStamp = parts.firstStamp
        lastStamp = parts.lastStamp
        isInBatch = parts.isInBatch
    }

    private func add(_ part: ObservationParts.Node, parent: Int) {
        let index = sketch.nodes.count
        var node = Sketch.Node(
            key: part.key, kind: part.kind, isTruncated: part.isTruncated,
            parent: Int32(clamping: parent), end: 0)
        (node.nameStart, node.nameLength) = store(part.name)
        (node.valueStart, node.valueLength) = store(part.value)
        sketch.nodes.append(node)
        if let text = part.text {
            let tail = part.children.firstIndex { $0.key == .text && $0.kind == .string }
            // A tail is the first child or there is none: prose has no documents.
            texts.append(
                Text(
                    node: Int32(clamping: index), shape: text.shape, size: text.size,
                    answerSize: text.answerSize, hasAnswer: text.hasAnswer,
                    hasOpenFence: text.hasOpenFence,
                    tail: tail == nil ? -1 : Int32(clamping: index + 1),
                    isLongerThanTail: text.isLongerThanTail))
        }
        for child in part.children { add(child, parent: index) }
        sketch.nodes[index].end = Int32(clamping: sketch.nodes.count)
    }

    private func store(_ bytes: [UInt8]) -> (start: Int32, length: Int32) {
        defer { sketch.arena += bytes }
        return (Int32(clamping: sketch.arena.count), Int32(clamping: bytes.count))
    }
}

extension Sketch {
    /// A node's value, byte for byte; empty for containers and null.
    package func valueBytes(of node: Int) -> [UInt8] {
        bytes(nodes[node].valueStart, nodes[node].valueLength)
    }

    /// A node's own key, byte for byte; empty unless its key is `.named`.
    package func nameBytes(of node: Int) -> [UInt8] {
        bytes(nodes[node].nameStart, nodes[node].nameLength)
    }

    private func bytes(_ start: Int32, _ length: Int32) -> [UInt8] {
        guard start >= 0, length >= 0, Int(start) + Int(length) <= arena.count else { return [] }
        return Array(arena[Int(start)..<Int(start) + Int(length)])
    }
}
