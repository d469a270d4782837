import Wire

/// A node of the tree that is being built.
final class Item {
    var part: ObservationParts.Node
    private(set) var children: [Item] = []
    /// It stays even with nothing below it: `params`, `result`, `error`, `arguments`.
    var staysWhenEmpty = false
    /// Its end was not reached yet.
    var isOpen = true

    init(_ key: Key, _ kind: Sketch.Kind, name: [UInt8] = []) {
        part = ObservationParts.Node(key, kind)
        if key == .named { part.name = name }
    }

    func append(_ child: Item) { children.append(child) }

    /// Takes out an item below, and every container that is left empty.
    func remove(_ item: Item) {
        for child in children where child !== item { child.remove(item) }
        children.removeAll { $0 === item || $0.isSpent }
    }

    /// A container that ended without anything in it.
    var isSpent: Bool {
        let isContainer = part.kind == .object || part.kind == .array
        return isContainer && !isOpen && !staysWhenEmpty && children.isEmpty
    }

    func holds(_ predicate: (Item) -> Bool) -> Bool {
        children.contains { predicate($0) || $0.holds(predicate) }
    }

    /// It holds a `type` and nothing else.
    var isOnlyType: Bool {
        children.count == 1 && children[0].part.key == .type && children[0].children.isEmpty
    }

    var tree: ObservationParts.Node {
        var tree = part
        tree.children = children.map(\.tree)
        return tree
    }
}
