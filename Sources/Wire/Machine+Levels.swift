/// Objects and arrays: what is entered, by which rules, and what of it stays.
extension Machine {
    mutating func nextMember() {
        guard let level = levels.last else {
            state = .invalid
            return
        }
        if level.isArray {
            beginElement(level)
            state = .value
        } else {
            state = .key
        }
    }

    mutating func beginElement(_ level: Level) {
        rule = level.rule
        entry = Vocabulary.Entry(key: .element, traits: [])
    }

    @inline(__always)
    mutating func beginKey(_ p: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
        let end = ByteSearch.quoteOrBackslash(p, start, count)
        if end < count, p[end] == ByteSearch.quote {
            foundKey(UnsafeRawBufferPointer(start: p + start, count: end &- start))
            return end &+ 1
        }
        use = .key
        scratch.removeAll(keepingCapacity: true)
        isScratchCut = false
        state = .string
        return start
    }

    mutating func foundKey(_ spelling: UnsafeRawBufferPointer) {
        state = .colon
        // Keys too long to be known are judged by nothing, or a cut in them would show.
        let isLong = spelling.count > Vocabulary.spellingBytesMax
        let bytes = isLong ? UnsafeRawBufferPointer(start: nil, count: 0) : spelling
        guard let level = levels.last else {
            state = .invalid
            return
        }
        isPromptLike = false
        switch level.region {
        case .arguments:
            entry = vocabulary.argument(bytes)
            isPromptLike = Vocabulary.isPromptLike(bytes)
        case .nestedArguments, .countedArguments: entry = vocabulary.argument(bytes)
        case .models, .inputResponses:
            entry = Vocabulary.Entry(key: .named, traits: [])
            if isLong {
                rule = .skip
                return
            }
        default: entry = vocabulary.lookup(bytes)
        }
        rule = Rule.of(entry, in: level.region, depth: Int(level.depth))
        if case .countInside = rule { rule = .countInside(level.measure) }
        if case .count(.answer, let keep) = rule, level.region == .countedAnswer {
            rule = .count(level.measure, keep: keep)
        }
        // Its node will carry the name.
        if entry.key == .named, rule != .skip {
            scratch.removeAll(keepingCapacity: true)
            scratch.append(contentsOf: bytes)
        }
    }

    mutating func beginValue(
        _ p: UnsafePointer<UInt8>, _ i: Int, _ draft: inout Draft, _ text: inout some TextSink
    ) -> Int {
        let byte = p[i]
        switch byte {
        case ByteSearch.quote:
            beginString(&draft, &text)
            return i &+ 1
        case UInt8(ascii: "{"):
            openLevel(isArray: false, &draft)
            return i &+ 1
        case UInt8(ascii: "["):
            openLevel(isArray: true, &draft)
            return i &+ 1
        default:
            guard !Self.endsScalar(byte), byte != UInt8(ascii: ":") else {
                state = .invalid
                return i
            }
            switch rule {
            case .scalar, .enter(_, scalar: true), .count(_, keep: true):
                isScratchCut = false
                node = addNode(.null, &draft)
                scratch.removeAll(keepingCapacity: true)
                number = NumberGrammar()
                state = .scalar
            default: state = .skippedScalar
            }
            return i
        }
    }

    mutating func openLevel(isArray: Bool, _ draft: inout Draft) {
        var region: Region
        var hasNode = true
        var measure = Measure.answer
        switch rule {
        case .enter(let next, _):
            // An array inside an array says nothing that the rules could name.
            if isArray, levels.last?.isArray == true {
                skipContainer()
                return
            }
            region = !isArray && next == .content ? .block : next
        case .count(let counted, let keep):
            region = counted.region(kept: keep)
            hasNode = keep
            measure = counted
        case .countInside(let counted):
            region = counted.region(kept: false)
            hasNode = false
            measure = counted
        case .skip, .scalar, .digest, .text:
            skipContainer()
            return
        }
        guard levels.count < Limits.depthMax else {
            state = .invalid
            return
        }
        if isPromptLike, levels.last?.region == .arguments { hasPromptArgument = true }
        let outer = levels.last
        let mark = draft.mark
        var node = -1
        if hasNode {
            node = addNode(isArray ? .array : .object, &draft)
            if node < 0 {
                skipContainer()
                return
            }
        }
        var depth = outer.map { $0.region.isDocument ? $0.depth : 0 } ?? 0
        if !isArray, region.isDocument { depth &+= 1 }
        var level = Level(
            region: region, isArray: isArray, measure: measure, depth: depth,
            node: Int32(truncatingIfNeeded: node),
            parent: Int32(truncatingIfNeeded: node >= 0 ? node : parentNode), rule: .skip,
            mark: mark)
        if isArray {
            level.rule = Rule.element(of: region)
            if case .count(.answer, let keep) = level.rule {
                level.rule = .count(measure, keep: keep)
            }
        }
        switch entry.key {
        case .params, .result, .error: level.isPinned = outer?.region == .message
        case .arguments: level.isPinned = region == .arguments
        case .root: level.isPinned = true
        default: break
        }
        levels.append(level)
        if isArray {
            beginElement(level)
            state = .firstElement
        } else {
            state = .firstKey
        }
    }

    mutating func skipContainer() {
        skippedDepth = 1
        state = .skippedContainer
    }

    /// Passes over what is left of a container, as far as the bytes go.
    mutating func skipContainer(
        _ p: UnsafePointer<UInt8>, _ start: Int, _ count: Int
    ) -> Int {
        var i = start
        var depth = skippedDepth
        while i < count {
            let byte = p[i]
            if byte == ByteSearch.quote {
                let end = ByteSearch.endOfString(p, i &+ 1, count)
                if end.index == count {
                    isSkippedEscape = end.isEscaped
                    state = .skippedString
                    skippedDepth = depth
                    return count
                }
                i = end.index &+ 1
            } else {
                i &+= 1
                // `{` and `[` fold to 0x7b, `}` and `]` to 0x7d.
                let folded = byte | 0x20
                if folded == 0x7b {
                    depth &+= 1
                } else if folded == 0x7d {
                    depth &-= 1
                    if depth == 0 {
                        skippedDepth = 0
                        endValue()
                        return i
                    }
                } else if i &+ 16 <= count, byte != UInt8(ascii: ","), byte != UInt8(ascii: ":") {
                    // Inside a number or literal: the next quote or bracket may be far.
                    i = ByteSearch.quoteOrBracket(p, i, count)
                }
            }
        }
        skippedDepth = depth
        return i
    }

    mutating func closeLevel(isArray: Bool, _ draft: inout Draft) {
        guard let level = levels.popLast(), level.isArray == isArray else {
            state = .invalid
            return
        }
        let node = Int(level.node)
        if node >= 0 {
            draft.close(node)
            let isUseful = draft.sketch.nodes.count > node &+ 1 || level.isPinned
            if !isUseful || (level.region == .tool && !level.hasDefault) {
                draft.truncate(to: level.mark)
            } else {
                kept(level.mark, &draft)
            }
        }
        if level.hasDefault, !levels.isEmpty {
            levels[levels.count &- 1].hasDefault = level.region != .tool
        }
        endValue()
    }

    /// A child of the innermost open container is there to stay.
    mutating func kept(_ mark: Draft.Mark, _ draft: inout Draft) {
        guard let level = levels.last else { return }
        let last = levels.count &- 1
        if level.region == .property { levels[last].hasDefault = true }
        guard level.isArray else { return }
        switch level.region {
        case .document, .content, .modelNames, .usage:
            levels[last].roll.kept(mark, in: &draft)
        default: break
        }
    }

    mutating func endValue() { state = levels.isEmpty ? .done : .comma }

    var parentNode: Int { levels.last.map { Int($0.parent) } ?? root }

    mutating func addNode(_ kind: Sketch.Kind, _ draft: inout Draft) -> Int {
        entry.key == .named
            ? scratch.withUnsafeBufferPointer {
                draft.add(.named, kind, parent: parentNode, name: $0) ?? -1
            }
            : draft.add(entry.key, kind, parent: parentNode) ?? -1
    }
}
