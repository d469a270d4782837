/// Strings and keys: decoded, and given to whoever asked for them.
extension Machine {
    mutating func beginString(_ draft: inout Draft, _ text: inout some TextSink) {
        state = .string
        node = -1
        switch rule {
        case .scalar, .enter(_, scalar: true):
            use = .keep
            node = addNode(.string, &draft)
        case .enter:
            guard isAnswer else { return skipString() }
            beginCount(.answer)
        case .digest:
            use = .digest
            digest = StringDigest()
            node = addNode(.digest, &draft)
        case .text:
            use = .text
            node = addNode(.string, &draft)
            guard node >= 0 else { return skipString() }
            text.begin(node: node, in: &draft)
        case .count(let counted, let keep):
            beginCount(counted)
            if keep { node = addNode(.string, &draft) }
        case .skip, .countInside: skipString()
        }
    }

    var isAnswer: Bool {
        levels.last.map { Rule.isAnswerString(entry, in: $0.region) } ?? false
    }

    /// How much of a string is kept here.
    var keptBytesMax: Int {
        levels.last?.region == .path ? Limits.pathStringBytesMax : Limits.stringBytesMax
    }

    mutating func beginCount(_ counted: Measure) {
        use = .count
        measure = counted
        counter.reset()
        data.reset()
    }

    mutating func skipString() {
        state = .skippedString
        isSkippedEscape = false
    }

    /// Passes over a string's bytes; also inside a container that is passed over.
    @inline(__always)
    mutating func skipString(
        _ p: UnsafePointer<UInt8>, _ start: Int, _ count: Int
    ) -> Int {
        var i = start
        if isSkippedEscape {
            guard i < count else { return i }
            isSkippedEscape = false
            i &+= 1
        }
        let end = ByteSearch.endOfString(p, i, count)
        if end.index == count {
            isSkippedEscape = end.isEscaped
            state = .skippedString
            return count
        }
        if skippedDepth > 0 {
            state = .skippedContainer
        } else {
            endValue()
        }
        return end.index &+ 1
    }

    mutating func readString(
        _ p: UnsafePointer<UInt8>, _ start: Int, _ count: Int, _ draft: inout Draft,
        _ text: inout some TextSink
    ) -> Int {
        var i = start
        while i < count {
            if use == .text, highSurrogate == 0 {
                i = text.feedEscaped(p, i, count, in: &draft)
                if i == count { return i }
            }
            let stop = ByteSearch.quoteOrBackslash(p, i, count)
            if stop > i {
                take(p + i, stop &- i, &draft, &text)
                i = stop
                if i == count { return i }
            }
            if p[i] == ByteSearch.quote {
                endString(&draft, &text)
                return i &+ 1
            }
            i &+= 1
            if i == count || highSurrogate != 0 {
                state = .escape
                return i
            }
            guard let byte = Self.unescaped(p[i]) else {
                state = .escape
                return i
            }
            withUnsafePointer(to: byte) { take($0, 1, &draft, &text) }
            i &+= 1
        }
        return i
    }

    mutating func escape(_ byte: UInt8, _ draft: inout Draft, _ text: inout some TextSink) {
        state = .string
        if byte == UInt8(ascii: "u") {
            state = .unicode
            hexDigits = 0
            hexValue = 0
        } else if let plain = Self.unescaped(byte) {
            withUnsafePointer(to: plain) { take($0, 1, &draft, &text) }
        } else {
            state = .invalid
        }
    }

    mutating func unicode(
        _ byte: UInt8, _ draft: inout Draft, _ text: inout some TextSink
    ) {
        let digit: UInt32
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt32(byte &- UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = UInt32(byte &- UInt8(ascii: "a") &+ 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = UInt32(byte &- UInt8(ascii: "A") &+ 10)
        default:
            state = .invalid
            return
        }
        hexValue = hexValue << 4 | digit
        hexDigits &+= 1
        guard hexDigits == 4 else { return }
        state = .string
        let high = highSurrogate
        highSurrogate = 0
        switch hexValue {
        case 0xd800...0xdbff:
            if high != 0 { takeScalar(0xfffd, &draft, &text) }
            highSurrogate = hexValue
        case 0xdc00...0xdfff:
            takeScalar(
                high == 0 ? 0xfffd : 0x10000 &+ (high &- 0xd800) << 10 &+ (hexValue &- 0xdc00),
                &draft, &text)
        default:
            if high != 0 { takeScalar(0xfffd, &draft, &text) }
            takeScalar(hexValue, &draft, &text)
        }
    }

    /// Decoded bytes of the string, after any surrogate that waited in vain for its other half.
    @inline(__always)
    mutating func take(
        _ p: UnsafePointer<UInt8>, _ count: Int, _ draft: inout Draft, _ text: inout some TextSink
    ) {
        if highSurrogate != 0 {
            highSurrogate = 0
            takeScalar(0xfffd, &draft, &text)
        }
        switch use {
        case .key: addToScratch(p, count, limit: Vocabulary.spellingBytesMax &+ 1)
        case .keep:
            if node >= 0 { draft.append(to: node, p, count, limit: keptBytesMax) }
        case .digest: digest.feed(p, count)
        case .count:
            counter.feed(p, count)
            if measure == .arguments { data.feed(p, count) }
            if node >= 0 { draft.append(to: node, p, count, limit: Limits.stringBytesMax) }
        case .text: text.feed(p, count, in: &draft)
        }
    }

    mutating func takeScalar(
        _ scalar: UInt32, _ draft: inout Draft, _ text: inout some TextSink
    ) {
        let encoded = UTF8.encode(Unicode.Scalar(scalar) ?? "\u{fffd}")
        guard let encoded else { return }
        var bytes: (UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &bytes) { buffer in
            var length = 0
            for byte in encoded where length < 4 {
                buffer[length] = byte
                length &+= 1
            }
            guard let base = buffer.baseAddress else { return }
            take(base.assumingMemoryBound(to: UInt8.self), length, &draft, &text)
        }
    }

    mutating func endString(_ draft: inout Draft, _ text: inout some TextSink) {
        if highSurrogate != 0 {
            highSurrogate = 0
            takeScalar(0xfffd, &draft, &text)
        }
        switch use {
        case .key:
            let bytes = scratch
            bytes.withUnsafeBytes { foundKey($0) }
            return
        case .keep: keptNode(&draft)
        case .digest:
            if node >= 0 {
                draft.setValue(node, digest.hexadecimal)
                keptNode(&draft)
            }
        case .count:
            endCount()
            keptNode(&draft)
        case .text:
            text.end(in: &draft)
            keptNode(&draft)
        }
        endValue()
    }

    mutating func endCount() {
        let size = counter.finish()
        switch measure {
        case .arguments:
            guard !data.isData else { return }
            argumentSize += size
            if isPromptLike, !size.isEmpty, levels.last?.region == .arguments {
                hasPromptArgument = true
            }
        case .prompt: promptSize += size
        case .answer:
            answerSize += size
            hasAnswer = true
        }
    }

    /// The scalar's node is there to stay.
    mutating func keptNode(_ draft: inout Draft) {
        guard node >= 0 else { return }
        draft.close(node)
        let n = draft.sketch.nodes[node]
        let arena = n.nameLength > 0 ? n.nameStart : n.valueStart
        kept(Draft.Mark(node: node, arena: Int(arena)), &draft)
    }
}
