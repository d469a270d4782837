/// What is kept of a frame: a small tree of the keys somebody asked for, in preorder.
///
/// Everything else of the frame is gone once it was scanned. Node 0 is the frame itself. A
/// duplicated key has several nodes; look-ups give the last, as JSON parsers do. Storage is reused
/// from frame to frame and bounded by `Limits`.
package struct Sketch: Sendable {
    /// What a node is.
    package enum Kind: UInt8, Sendable { case object, array, string, number, bool, null, digest }

    /// One value that was kept. A string's value is its decoded bytes, perhaps cut short; a
    /// number's is its literal; a bool's is `t` or `f`; a digest's is 16 bytes that stand for a
    /// string too secret or too long to keep (equal strings, equal digests).
    package struct Node: Sendable {
        package internal(set) var key: Key
        package internal(set) var kind: Kind
        /// The string was longer than its limit and only its beginning is kept.
        package internal(set) var isTruncated = false
        /// The node it stands in; the root stands in itself.
        package internal(set) var parent: Int32
        /// One past its last descendant.
        package internal(set) var end: Int32
        var nameStart: Int32 = 0
        var nameLength: Int32 = 0
        var valueStart: Int32 = 0
        var valueLength: Int32 = 0
    }

    package internal(set) var nodes: [Node] = []
    var arena: [UInt8] = []
    /// Something was left out because a limit was reached.
    package internal(set) var isCut = false

    package init() {}

    /// The children of a node, in the order they came.
    package func children(of node: Int) -> Children {
        Children(nodes: nodes, at: node &+ 1, end: end(of: node))
    }

    /// The children of one node: indices into `nodes`.
    package struct Children: Sequence, IteratorProtocol {
        fileprivate let nodes: [Node]
        fileprivate var at: Int
        fileprivate let end: Int

        package mutating func next() -> Int? {
            guard at < end else { return nil }
            let child = at
            at = Swift.max(child &+ 1, Int(nodes[child].end))
            return child
        }
    }

    // Look-ups are most of what is done with a sketch: they are plain loops.

    /// The last child with a key, or nil.
    package func child(_ key: Key, of node: Int) -> Int? {
        var found: Int?
        var child = node &+ 1
        let end = end(of: node)
        while child < end {
            if nodes[child].key == key { found = child }
            child = Swift.max(child &+ 1, Int(nodes[child].end))
        }
        return found
    }

    /// The last child that was kept under a name of its own, or nil.
    package func child(named name: String, of node: Int) -> Int? {
        var found: Int?
        var child = node &+ 1
        let end = end(of: node)
        while child < end {
            if nodes[child].key == .named, self.name(of: child) == name { found = child }
            child = Swift.max(child &+ 1, Int(nodes[child].end))
        }
        return found
    }

    /// The node at the end of a path of keys from a node, or nil.
    package func find(_ a: Key, _ b: Key, from node: Int = 0) -> Int? {
        child(a, of: node).flatMap { child(b, of: $0) }
    }

    package func find(_ a: Key, _ b: Key, _ c: Key, from node: Int = 0) -> Int? {
        find(a, b, from: node).flatMap { child(c, of: $0) }
    }

    package func find(_ a: Key, _ b: Key, _ c: Key, _ d: Key, from node: Int = 0) -> Int? {
        find(a, b, c, from: node).flatMap { child(d, of: $0) }
    }

    /// One past the last descendant of a node, and never past the last node; 0 for no node.
    private func end(of node: Int) -> Int {
        nodes.indices.contains(node) ? Swift.min(Int(nodes[node].end), nodes.count) : 0
    }

    /// A node's own key bytes; empty unless its key is `.named`.
    package func name(of node: Int) -> String {
        text(nodes[node].nameStart, nodes[node].nameLength)
    }

    /// A string node's decoded text (invalid UTF-8 repaired), or nil for any other kind.
    package func string(_ node: Int?) -> String? {
        guard let node, nodes.indices.contains(node), nodes[node].kind == .string else {
            return nil
        }
        return text(nodes[node].valueStart, nodes[node].valueLength)
    }

    /// A number's literal as it stood on the wire, or nil for any other kind.
    package func literal(_ node: Int?) -> String? {
        guard let node, nodes.indices.contains(node), nodes[node].kind == .number else {
            return nil
        }
        return text(nodes[node].valueStart, nodes[node].valueLength)
    }

    /// A bool's value, or nil for any other kind.
    package func bool(_ node: Int?) -> Bool? {
        guard let node, nodes.indices.contains(node), nodes[node].kind == .bool else { return nil }
        return slice(nodes[node].valueStart, nodes[node].valueLength).first == UInt8(ascii: "t")
    }

    /// A digest's 16 bytes as hexadecimal, or nil for any other kind.
    package func digest(_ node: Int?) -> String? {
        guard let node, nodes.indices.contains(node), nodes[node].kind == .digest else {
            return nil
        }
        return String(
            decoding: slice(nodes[node].valueStart, nodes[node].valueLength), as: UTF8.self)
    }

    /// A string's decoded bytes, valid UTF-8 or not, or a number's literal; empty for any other
    /// kind. For those who look before they make a `String`.
    package func bytes(_ node: Int?) -> ArraySlice<UInt8> {
        guard let node, isKind(.string, node) || isKind(.number, node) else { return [] }
        return slice(nodes[node].valueStart, nodes[node].valueLength)
    }

    /// Whether a node is of a kind; false for none.
    package func isKind(_ kind: Kind, _ node: Int?) -> Bool {
        guard let node, nodes.indices.contains(node) else { return false }
        return nodes[node].kind == kind
    }

    private func text(_ start: Int32, _ length: Int32) -> String {
        String(decoding: slice(start, length), as: UTF8.self)
    }

    private func slice(_ start: Int32, _ length: Int32) -> ArraySlice<UInt8> {
        let lower = Int(start)
        let upper = lower + Int(length)
        guard lower >= 0, lower <= upper, upper <= arena.count else { return [] }
        return arena[lower..<upper]
    }
}

/// The bounds of what is kept of one frame.
package enum Limits {
    /// Nodes of a sketch.
    package static let nodesMax = 4096
    /// Bytes of names and values of a sketch.
    package static let arenaBytesMax = 256 << 10
    /// Bytes of a string that is kept, unless the next two say otherwise.
    package static let stringBytesMax = 1024
    /// Bytes of a string that is kept below a profile's path: ids and words, of which one answer may
    /// have hundreds.
    package static let pathStringBytesMax = 256
    /// The beginning of a text that is kept to classify errors.
    package static let textHeadBytesMax = 1024
    /// The end of a text that is kept for its footer lines.
    package static let textTailBytesMax = 4096
    /// Open objects and arrays in the part of a frame that is looked at; deeper is malformed.
    package static let depthMax = 64
    /// How many objects deep a document (or a result with its documents) is searched.
    package static let documentDepthMax = 6
    /// Documents of one text (a stream's events, JSON lines) and texts of one frame that are kept:
    /// the first ones and the last one.
    package static let repeatsMax = 16
    /// A string of this many base64 characters and nothing else is data, not prompt text.
    package static let base64BytesMin = 256
}
