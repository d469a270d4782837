import Wire

/// Goes through one message, or one document of a text, by the rules, and keeps what they say.
final class Reader {
    /// A container that is open.
    struct Place {
        var region: Region
        /// How deep in a document: see `Rule.of`.
        var depth = 0
        var isArray = false
        /// Inside a counted container: where its strings go.
        var measure: Measure?
        /// The node that what is kept here stands under.
        var item: Item
    }

    /// A key and what it means; an element's is nothing but `.element`.
    struct Label {
        var entry = Vocabulary.Entry.element
        var key = Key.element
        var name: [UInt8] = []
    }

    /// What everything that is kept stands under.
    private let root = Item(.root, .object)
    let cursor: Cursor
    let vocabulary: Vocabulary
    var argumentSize = TextSize()
    var promptSize = TextSize()
    var answerSize = TextSize()
    var hasAnswer = false
    var hasPromptArgument = false
    var texts: [Item] = []
    var uncountedTextSize = TextSize()

    init(_ cursor: Cursor, _ vocabulary: Vocabulary) {
        self.cursor = cursor
        self.vocabulary = vocabulary
    }

    func message() throws -> ObservationParts {
        let depth = cursor.depth
        let start = cursor.at
        cursor.depth = 0
        defer { cursor.depth = depth }
        try inside(Place(region: .message, item: root))
        var parts = ObservationParts()
        parts.root = root.tree
        parts.argumentSize = argumentSize
        parts.promptSize = promptSize
        parts.structuredSize = answerSize
        parts.uncountedTextSize = uncountedTextSize
        parts.hasPromptArgument = hasPromptArgument
        parts.byteCount = UInt64(cursor.at - start)
        return parts
    }

    /// A document of a text, or nil if nothing of it is kept.
    func document() throws -> Item? {
        let label = Label(entry: .element, key: .document)
        cursor.depth = 0
        try enter(.document, label, in: Place(region: .block, item: root))
        return root.children.first
    }

    // MARK: Containers

    private func inside(_ place: Place) throws {
        if place.isArray {
            let rule = Rule.element(of: place.region)
            try cursor.elements {
                try value(rule, Label(), in: place)
                if Self.rolls(place.region), place.item.children.count > Limits.repeatsMax + 1 {
                    drop(place.item.children[Limits.repeatsMax])
                }
            }
        } else {
            try cursor.members { try member($0, in: place) }
        }
    }

    private func member(_ bytes: [UInt8], in place: Place) throws {
        let isLong = bytes.count > Vocabulary.spellingBytesMax
        let isNamed = place.region == .models || place.region == .inputResponses
        if isNamed, isLong { return try cursor.skipValue() }
        let entry = isLong ? .unknown : entry(bytes, in: place.region)
        let isPrompt =
            place.region == .arguments && !isLong
            && bytes.withUnsafeBytes { Vocabulary.isPromptLike($0) }
        let before = argumentSize
        let rule = Rule.of(entry, in: place.region, depth: place.depth)
        let isPassedOver = rule == .skip || rule == .scalar
        if isPrompt, cursor.isAtContainer, !isPassedOver { hasPromptArgument = true }
        let key = isNamed ? .named : entry.key
        try value(rule, Label(entry: entry, key: key, name: bytes), in: place)
        if isPrompt, argumentSize != before { hasPromptArgument = true }
    }

    private func entry(_ bytes: [UInt8], in region: Region) -> Vocabulary.Entry {
        bytes.withUnsafeBytes {
            switch region {
            case .arguments, .nestedArguments, .countedArguments: vocabulary.argument($0)
            default: vocabulary.lookup($0)
            }
        }
    }

    private func enter(_ region: Region, _ label: Label, in place: Place) throws {
        let isObject = cursor.isAtObject
        let item = Item(label.key, isObject ? .object : .array, name: label.name)
        item.staysWhenEmpty = place.region == .message || region == .arguments
        place.item.append(item)
        var inner = Place(region: region, isArray: !isObject, measure: place.measure, item: item)
        if isObject, region == .content { inner.region = .block }
        if region.isDocument {
            inner.depth = (place.region.isDocument ? place.depth : 0) + (isObject ? 1 : 0)
        }
        try inside(inner)
        item.isOpen = false
        if item.isSpent || region == .tool && !saysDefault(item) { root.remove(item) }
    }

    private func saysDefault(_ tool: Item) -> Bool {
        tool.holds { $0.part.key == .defaultValue || $0.part.key == .description }
    }

    private func count(
        _ measure: Measure, keep: Bool, _ label: Label, in place: Place
    ) throws {
        let region = measure.region(kept: keep)
        var inner = place
        inner.measure = measure
        if keep { return try enter(region, label, in: inner) }
        inner.region = region
        inner.isArray = cursor.isAtArray
        inner.depth = 0
        try inside(inner)
    }

    private static func rolls(_ region: Region) -> Bool {
        [.document, .content, .modelNames, .usage].contains(region)
    }

    /// Takes out a node, and with it the texts below it.
    func drop(_ item: Item) {
        let gone = texts.filter { text in text === item || item.holds { $0 === text } }
        for text in gone { uncountedTextSize += text.part.text?.size ?? TextSize() }
        texts.removeAll { text in gone.contains { $0 === text } }
        root.remove(item)
    }

    // MARK: Values

    private func value(_ rule: Rule, _ label: Label, in place: Place) throws {
        switch rule {
        case .skip: try cursor.skipValue()
        case .scalar: try scalar(label, in: place)
        case .digest:
            guard cursor.isAtString else { return try cursor.skipValue() }
            keep(.digest, Digest.of(try cursor.string()), label, in: place)
        case .enter(let region, let isScalarKept):
            if cursor.isAtContainer {
                // Arrays of arrays hold nothing that any server is known to send.
                if place.isArray, cursor.isAtArray { return try cursor.skipValue() }
                try enter(region, label, in: place)
            } else if isScalarKept {
                try scalar(label, in: place)
            } else if cursor.isAtString, Rule.isAnswerString(label.entry, in: place.region) {
                count(try cursor.string(), into: .answer)
            } else {
                try cursor.skipValue()
            }
        case .text:
            guard cursor.isAtString else { return try cursor.skipValue() }
            try text(label, in: place)
        case .count(let measure, let isKept):
            let measure = place.measure ?? measure
            if cursor.isAtContainer {
                try count(measure, keep: isKept, label, in: place)
            } else if cursor.isAtString {
                let decoded = try cursor.string()
                count(decoded, into: measure)
                if isKept { keep(string: decoded, label, in: place) }
            } else if isKept {
                try scalar(label, in: place)
            } else {
                try cursor.skipValue()
            }
        case .countInside(let measure):
            guard cursor.isAtContainer else { return try cursor.skipValue() }
            try count(place.measure ?? measure, keep: false, label, in: place)
        }
    }

    private func scalar(_ label: Label, in place: Place) throws {
        if cursor.isAtContainer { return try cursor.skipValue() }
        if cursor.isAtString { return keep(string: try cursor.string(), label, in: place) }
        if let found = try cursor.number() { keep(found.kind, found.value, label, in: place) }
    }

    private func keep(string decoded: [UInt8], _ label: Label, in place: Place) {
        let isBelowPath = place.region == .path
        let limit = isBelowPath ? Limits.pathStringBytesMax : Limits.stringBytesMax
        let kept = Array(decoded.prefix(limit))
        let item = keep(.string, kept, label, in: place)
        item.part.isTruncated = kept.count < decoded.count
    }

    @discardableResult
    private func keep(
        _ kind: Sketch.Kind, _ value: [UInt8], _ label: Label, in place: Place
    ) -> Item {
        let item = Item(label.key, kind, name: label.name)
        item.part.value = value
        place.item.append(item)
        return item
    }

    private func text(_ label: Label, in place: Place) throws {
        let item = NaiveText.item(label.key, try cursor.string(), vocabulary)
        place.item.append(item)
        texts.append(item)
    }

    private func count(_ decoded: [UInt8], into measure: Measure) {
        switch measure {
        case .arguments: if !NaiveText.isData(decoded) { argumentSize += NaiveText.size(decoded) }
        case .prompt: promptSize += NaiveText.size(decoded)
        case .answer:
            answerSize += NaiveText.size(decoded)
            hasAnswer = true
        }
    }
}

extension Vocabulary.Entry {
    /// What a key in no table means: nothing.
    static let unknown = Vocabulary().lookup("")
    static let element = unknown
}
