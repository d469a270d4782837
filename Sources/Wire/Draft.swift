/// A sketch being drawn: adds nodes in preorder, takes back what turned out to be of no use.
struct Draft {
    var sketch = Sketch()
    var texts: [Text] = []
    var uncountedTextSize = TextSize()

    /// A place to go back to.
    struct Mark {
        var node: Int
        var arena: Int
    }

    var mark: Mark { Mark(node: sketch.nodes.count, arena: sketch.arena.count) }

    /// Adds a node below `parent`; nil when the sketch is full.
    ///
    /// - Parameter name: the key's own bytes; kept only for `.named`.
    mutating func add(
        _ key: Key, _ kind: Sketch.Kind, parent: Int, name: UnsafeBufferPointer<UInt8>? = nil
    ) -> Int? {
        let nameBytes = key == .named ? name?.count ?? 0 : 0
        guard sketch.nodes.count < Limits.nodesMax,
            sketch.arena.count &+ nameBytes <= Limits.arenaBytesMax
        else {
            sketch.isCut = true
            return nil
        }
        let index = sketch.nodes.count
        var node = Sketch.Node(
            key: key, kind: kind, parent: Int32(truncatingIfNeeded: parent),
            end: Int32(truncatingIfNeeded: index &+ 1))
        if nameBytes > 0, let name {
            node.nameStart = Int32(truncatingIfNeeded: sketch.arena.count)
            node.nameLength = Int32(truncatingIfNeeded: nameBytes)
            sketch.arena.append(contentsOf: name)
        }
        node.valueStart = Int32(truncatingIfNeeded: sketch.arena.count)
        sketch.nodes.append(node)
        return index
    }

    /// Adds to the value of the newest node's string, up to `limit` bytes of it in all.
    mutating func append(
        to node: Int, _ p: UnsafePointer<UInt8>, _ count: Int, limit: Int
    ) {
        let length = Int(sketch.nodes[node].valueLength)
        let wanted = max(0, min(count, limit &- length))
        let taken = max(0, min(wanted, Limits.arenaBytesMax &- sketch.arena.count))
        if taken < count { sketch.nodes[node].isTruncated = true }
        if taken < wanted { sketch.isCut = true }
        guard taken > 0 else { return }
        sketch.arena.append(contentsOf: UnsafeBufferPointer(start: p, count: taken))
        sketch.nodes[node].valueLength = Int32(truncatingIfNeeded: length &+ taken)
    }

    /// Whether a value of so many bytes can be kept whole, as one that is no string must be.
    mutating func hasRoom(for count: Int) -> Bool {
        let hasRoom = count <= Limits.arenaBytesMax &- sketch.arena.count
        if !hasRoom { sketch.isCut = true }
        return hasRoom
    }

    /// Sets a node's whole value, wherever the arena now ends.
    mutating func setValue(_ node: Int, _ bytes: some Collection<UInt8>) {
        let taken = bytes.prefix(max(0, Limits.arenaBytesMax &- sketch.arena.count))
        if taken.count < bytes.count { sketch.isCut = true }
        sketch.nodes[node].valueStart = Int32(truncatingIfNeeded: sketch.arena.count)
        sketch.nodes[node].valueLength = Int32(truncatingIfNeeded: taken.count)
        sketch.arena.append(contentsOf: taken)
    }

    /// Ends a node: everything added since it is below it.
    mutating func close(_ node: Int) {
        sketch.nodes[node].end = Int32(truncatingIfNeeded: sketch.nodes.count)
    }

    /// Takes back everything added since a mark.
    mutating func truncate(to mark: Mark) {
        let surplus = sketch.nodes.count &- mark.node
        if surplus > 0 { sketch.nodes.removeLast(surplus) }
        let bytes = sketch.arena.count &- mark.arena
        if bytes > 0 { sketch.arena.removeLast(bytes) }
        while let last = texts.last, Int(last.node) >= mark.node { texts.removeLast() }
    }

    /// Takes out what was added between two marks; what came later moves up.
    mutating func remove(from lower: Mark, to upper: Mark) {
        let nodes = Int32(truncatingIfNeeded: upper.node &- lower.node)
        let bytes = Int32(truncatingIfNeeded: upper.arena &- lower.arena)
        let moved = Int32(truncatingIfNeeded: upper.node)
        for i in upper.node..<sketch.nodes.count {
            if sketch.nodes[i].parent >= moved { sketch.nodes[i].parent &-= nodes }
            sketch.nodes[i].end &-= nodes
            sketch.nodes[i].valueStart &-= bytes
            if sketch.nodes[i].nameLength > 0 { sketch.nodes[i].nameStart &-= bytes }
        }
        sketch.nodes.removeSubrange(lower.node..<upper.node)
        sketch.arena.removeSubrange(lower.arena..<upper.arena)
        var kept = 0
        for i in texts.indices {
            var text = texts[i]
            if Int(text.node) >= upper.node {
                text.node &-= nodes
                if text.tail >= 0 { text.tail &-= nodes }
            } else if Int(text.node) >= lower.node {
                uncountedTextSize += text.size
                continue
            }
            texts[kept] = text
            kept &+= 1
        }
        texts.removeLast(texts.count &- kept)
    }

    mutating func reset() {
        sketch.nodes.removeAll(keepingCapacity: true)
        sketch.arena.removeAll(keepingCapacity: true)
        sketch.isCut = false
        texts.removeAll(keepingCapacity: true)
        uncountedTextSize = TextSize()
    }
}

/// Keeps the first `Limits.repeatsMax` of many like things and the last.
struct Roll {
    private var count = 0
    private var last = Draft.Mark(node: 0, arena: 0)

    /// Something like the ones before was added and is worth keeping; it began at `mark`.
    mutating func kept(_ mark: Draft.Mark, in draft: inout Draft) {
        count &+= 1
        guard count > Limits.repeatsMax else { return }
        if count > Limits.repeatsMax &+ 1 {
            draft.remove(from: last, to: mark)
        } else {
            last = mark
        }
    }
}

extension Draft {
    /// Where a node's own bytes begin.
    func arenaStart(of node: Int) -> Int {
        let node = sketch.nodes[node]
        return Int(node.nameLength > 0 ? node.nameStart : node.valueStart)
    }
}
