import Wire

/// A node of the tree that is being built: knows its parent, so that it can leave it again.
final class Item {
    var part: ObservationParts.Node
    private(set) var children: [Item] = []
    private weak var parent: Item?
    /// It stays even with nothing below it: `params`, `result`, `error`, `arguments`, the root.
    var staysWhenEmpty = false
    private var isOpen = true

    init(_ key: Key, _ kind: Sketch.Kind, name: [UInt8] = []) {
        part = ObservationParts.Node(key, kind)
        if key == .named { part.name = name }
    }

    func append(_ child: Item) {
        child.parent = self
        children.append(child)
    }

    func leave() {
        parent?.children.removeAll { $0 === self }
        parent?.prune()
    }

    /// Its end was reached.
    func close() {
        isOpen = false
        prune()
    }

    private func prune() {
        let isContainer = part.kind == .object || part.kind == .array
        if isContainer, !isOpen, !staysWhenEmpty, children.isEmpty { leave() }
    }

    func holds(_ predicate: (Item) -> Bool) -> Bool {
        children.contains { predicate($0) || $0.holds(predicate) }
    }

    var tree: ObservationParts.Node {
        var tree = part
        tree.children = children.map(\.tree)
        return tree
    }
}
