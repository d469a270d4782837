import Records

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Reads a line in the form every line is written in: no white space, plain names and ids.
///
/// One walk over the line, which looks at the few keys a report needs and passes over the values of
/// all others. It never guesses: whatever it does not expect makes it give up, and the line is read
/// again by the reader that knows every form (`Projection.init(anyForm:)`). Both give the same for
/// every line; only that strings are valid UTF-8 and have no bare control characters is not asked
/// here.
package struct LineWalk {
    let bytes: UnsafeRawBufferPointer
    var place = 0
    private let hasEscapes: Bool

    /// - Parameter bytes: one line without its end; valid while the walk lasts.
    package init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        hasEscapes = bytes.baseAddress.map { memchr($0, 0x5c, bytes.count) != nil } ?? false
    }

    /// Nil when the line has another form.
    package mutating func projection(
        _ names: inout Labels, _ dates: inout DateCache
    ) -> Projection? {
        guard take(#"{"v":1,"kind":""#), let kind = kind() else { return nil }
        var draft = Projection(kind: kind, row: Row(id: Identity(high: 0, low: 0), time: 0))
        var seen: Seen = []
        var isLast = false
        while !isLast {
            guard take(","), take("\""), let key = stringEnd() else { return nil }
            guard take(":"), value(of: key, into: &draft, &seen, &names, &dates) else { return nil }
            isLast = place < bytes.count && bytes[place] == UInt8(ascii: "}")
        }
        guard place + 1 == bytes.count else { return nil }
        switch kind {
        case .session: return nil
        case .begin: guard seen.isSuperset(of: .begin) else { return nil }
        case .call:
            draft.row.kind = .call
            guard seen.isSuperset(of: .call) else { return nil }
        case .usage:
            draft.row.kind = .usage
            guard seen.isSuperset(of: .call) else { return nil }
        case .trace:
            draft.row.kind = .trace
            guard seen.isSuperset(of: .trace) else { return nil }
        }
        return draft
    }

    // MARK: Tokens

    @inline(__always)
    mutating func take(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard bytes.count - place >= count, let start = bytes.baseAddress,
            memcmp(start + place, text.utf8Start, count) == 0
        else { return false }
        place += count
        return true
    }

    @inline(__always)
    private func isEqual(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount, let start = bytes.baseAddress else {
            return false
        }
        return memcmp(start + range.lowerBound, text.utf8Start, range.count) == 0
    }

    /// Goes behind the end of the string whose beginning was taken; returns its content.
    @inline(__always)
    private mutating func stringEnd() -> Range<Int>? {
        let start = place
        while let base = bytes.baseAddress,
            let found = memchr(base + place, 0x22, bytes.count - place)
        {
            let end = UnsafeRawPointer(found) - base
            place = end + 1
            guard hasEscapes else { return start..<end }
            var backslashes = 0
            while end - backslashes > start, bytes[end - backslashes - 1] == 0x5c {
                backslashes += 1
            }
            if backslashes & 1 == 0 { return areEscapesPlain(start..<end) ? start..<end : nil }
        }
        return nil
    }

    /// Whether every escape is one of the short ones; `\u` is another's business.
    private func areEscapesPlain(_ range: Range<Int>) -> Bool {
        var place = range.lowerBound
        while let base = bytes.baseAddress, place < range.upperBound,
            let found = memchr(base + place, 0x5c, range.upperBound - place)
        {
            let next = UnsafeRawPointer(found) - base + 1
            guard next < range.upperBound else { return false }
            switch bytes[next] {
            case 0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74: place = next + 1
            default: return false
            }
        }
        return true
    }

    /// A string without escapes.
    @inline(__always)
    private mutating func plainString() -> Range<Int>? {
        guard take("\""), let range = stringEnd() else { return nil }
        if hasEscapes, let start = bytes.baseAddress,
            memchr(start + range.lowerBound, 0x5c, range.count) != nil
        {
            return nil
        }
        return range
    }

    private func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[range])
    }

    private mutating func kind() -> Projection.Kind? {
        guard let word = stringEnd() else { return nil }
        if isEqual(word, "call") { return .call }
        if isEqual(word, "begin") { return .begin }
        if isEqual(word, "trace") { return .trace }
        if isEqual(word, "usage") { return .usage }
        return isEqual(word, "session") ? .session : nil
    }

    // MARK: Values

    /// The keys a record of a kind must have.
    private struct Seen: OptionSet {
        let rawValue: UInt16
        static let id = Seen(rawValue: 1)
        static let time = Seen(rawValue: 2)
        static let duration = Seen(rawValue: 4)
        static let session = Seen(rawValue: 8)
        static let direction = Seen(rawValue: 16)
        static let method = Seen(rawValue: 32)
        static let requestID = Seen(rawValue: 64)
        static let outcome = Seen(rawValue: 128)
        static let traceID = Seen(rawValue: 256)
        static let spanID = Seen(rawValue: 512)
        static let requestBytes = Seen(rawValue: 1024)
        static let cost = Seen(rawValue: 2048)
        static let end = Seen(rawValue: 4096)
        static let turns = Seen(rawValue: 8192)
        static let clientTurns = Seen(rawValue: 16384)
        static let begin: Seen = [.id, .time, .session, .direction, .method, .requestID]
        static let call: Seen = [
            .begin, .duration, .outcome, .traceID, .spanID, .requestBytes,
        ]
        static let trace: Seen = [
            .id, .time, .duration, .session, .outcome, .traceID, .spanID, .cost, .end, .turns,
            .clientTurns,
        ]
    }

    /// Takes the value of a key; false to give up. Keys are told apart by their length first.
    private mutating func value(
        of key: Range<Int>, into draft: inout Projection, _ seen: inout Seen,
        _ names: inout Labels, _ dates: inout DateCache
    ) -> Bool {
        switch key.count {
        case 2 where isEqual(key, "id"): return id(&draft.row, &seen)
        case 3 where isEqual(key, "end"): return end(&seen)
        case 4:
            if isEqual(key, "time") { return time(&draft.row, &seen, &dates) }
            if isEqual(key, "tool") { return name(.tool, &draft, &names) }
            if isEqual(key, "cost") { return cost(&draft.row, &seen) }
            if isEqual(key, "kind") { return false }
        case 5:
            if isEqual(key, "model") { return name(.model, &draft, &names) }
            if isEqual(key, "usage") { return draft.kind == .trace ? skip() : usage(&draft.row) }
            if isEqual(key, "turns") {
                seen.insert(.turns)
                return draft.kind == .trace ? tokens(&draft.row.output) : skip()
            }
        case 6:
            if isEqual(key, "server") { return name(.server, &draft, &names) }
            if isEqual(key, "client") { return name(.client, &draft, &names) }
            if isEqual(key, "method") { return word(.method, &seen) }
            if isEqual(key, "policy") { return policy(&draft) }
        case 7:
            if isEqual(key, "session") { return word(.session, &seen) }
            if isEqual(key, "outcome") { return outcome(&draft.row, &seen) }
            if isEqual(key, "span_id") { return word(.spanID, &seen) }
            if isEqual(key, "project") { return name(.project, &draft, &names) }
            if isEqual(key, "quality") { return draft.kind == .trace ? quality(&draft) : skip() }
            if isEqual(key, "part_of") { return partOf(&draft) }
        case 8:
            if isEqual(key, "provider") { return name(.provider, &draft, &names) }
            if isEqual(key, "agent_id") { return name(.agent, &draft, &names) }
            if isEqual(key, "trace_id") { return word(.traceID, &seen) }
        case 9 where isEqual(key, "direction"): return direction(&draft.row, &seen)
        case 10:
            if isEqual(key, "event_type") { return name(.eventType, &draft, &names) }
            if isEqual(key, "request_id") {
                seen.insert(.requestID)
                return skip()
            }
            if isEqual(key, "error_code") { return wholeNumber() }
        case 11:
            if isEqual(key, "duration_ms") { return duration(&draft.row, &seen) }
            if isEqual(key, "model_calls") { return digits() != nil }
        case 12 where isEqual(key, "client_turns") && draft.kind == .trace:
            seen.insert(.clientTurns)
            return tokens(&draft.row.reasoning)
        case 14 where isEqual(key, "retry_after_ms") && draft.kind == .call:
            return retryAfter(&draft)
        case 13 where isEqual(key, "request_bytes"):
            seen.insert(.requestBytes)
            return digits() != nil
        case 14 where isEqual(key, "response_bytes"): return digits() != nil
        case 1 where isEqual(key, "v"): return false
        default: break
        }
        return skip()
    }

    /// Passes over a value: a string, a number, or an object of those.
    @inline(__always)
    private mutating func skip() -> Bool {
        guard place < bytes.count else { return false }
        switch bytes[place] {
        case UInt8(ascii: "\""):
            place += 1
            return stringEnd() != nil
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return skipNumber()
        case UInt8(ascii: "{"):
            guard take("{") else { return false }
            if take("}") { return true }
            repeat {
                guard take("\""), stringEnd() != nil, take(":"), place < bytes.count,
                    bytes[place] != UInt8(ascii: "{"), skip()
                else { return false }
            } while take(",")
            return take("}")
        default: return false
        }
    }

    private mutating func skipNumber() -> Bool {
        if bytes[place] == UInt8(ascii: "-") { place += 1 }
        guard digits() != nil else { return false }
        return !take(".") || digits(leadingZeros: true) != nil
    }

    private mutating func word(_ mark: Seen, _ seen: inout Seen) -> Bool {
        seen.insert(mark)
        return take("\"") && stringEnd() != nil
    }

    private mutating func end(_ seen: inout Seen) -> Bool {
        guard let range = plainString() else { return false }
        seen.insert(.end)
        return TraceRecord.End.allCases.contains { end in
            var word = end.rawValue
            return word.withUTF8 { slice(range).elementsEqual($0) }
        }
    }

    private mutating func name(
        _ label: Label, _ draft: inout Projection, _ names: inout Labels
    ) -> Bool {
        guard let range = plainString() else { return false }
        draft.labels[label] = names.place(of: label, slice(range))
        return true
    }

    private mutating func id(_ row: inout Row, _ seen: inout Seen) -> Bool {
        guard let range = plainString(), let id = Identity(uuid: slice(range)) else { return false }
        row.id = id
        seen.insert(.id)
        return true
    }

    private mutating func partOf(_ draft: inout Projection) -> Bool {
        guard draft.kind != .trace else { return skip() }
        guard let range = plainString(), let id = Identity(uuid: slice(range)) else { return false }
        draft.partOf = id
        draft.row.marks.insert(.part)
        return true
    }

    /// Where it is; what it says is for another to read.
    private mutating func policy(_ draft: inout Projection) -> Bool {
        let start = place
        guard place < bytes.count, bytes[place] == UInt8(ascii: "{"), skip() else { return false }
        draft.policyPlace = start..<place
        return true
    }

    private mutating func time(
        _ row: inout Row, _ seen: inout Seen, _ dates: inout DateCache
    ) -> Bool {
        guard let range = plainString(), let time = dates.time(slice(range)) else { return false }
        row.time = time
        seen.insert(.time)
        return true
    }

    private mutating func duration(_ row: inout Row, _ seen: inout Seen) -> Bool {
        guard let (whole, fraction) = decimal(places: 3), whole < 1 << 50 else { return false }
        row.duration = whole &* 1_000 &+ fraction
        seen.insert(.duration)
        return true
    }

    private mutating func retryAfter(_ draft: inout Projection) -> Bool {
        guard let (whole, fraction) = decimal(places: 3), whole < 1 << 50 else { return false }
        draft.retryAfter = whole &* 1_000 &+ fraction
        return true
    }

    private mutating func quality(_ draft: inout Projection) -> Bool {
        // Fifteen digits divided by a power of ten are rounded once, as they should be.
        guard let (whole, fraction) = decimal(places: 14), whole < 2 else { return false }
        draft.row.quality = Double(whole &* 100_000_000_000_000 &+ fraction) / 1e14
        return true
    }

    private mutating func direction(_ row: inout Row, _ seen: inout Seen) -> Bool {
        guard let range = plainString() else { return false }
        seen.insert(.direction)
        for direction in Direction.allCases where isEqual(range, direction.name) {
            row.direction = direction
            return true
        }
        return false
    }

    private mutating func outcome(_ row: inout Row, _ seen: inout Seen) -> Bool {
        guard let range = plainString() else { return false }
        seen.insert(.outcome)
        for outcome in Outcome.allCases where isEqual(range, outcome.name) {
            row.outcome = outcome
            return true
        }
        return false
    }

    private mutating func usage(_ row: inout Row) -> Bool {
        guard take(#"{"source":""#), let source = stringEnd() else { return false }
        if isEqual(source, "estimated") {
            row.marks.insert(.estimated)
        } else if !isEqual(source, "reported"), !isEqual(source, "session_log") {
            return false
        }
        row.marks.insert(.hasUsage)
        while take(",") {
            guard take("\""), let key = stringEnd(), take(":") else { return false }
            let isTaken =
                if isEqual(key, "input_tokens") {
                    tokens(&row.input)
                } else if isEqual(key, "cached_input_tokens") {
                    tokens(&row.cached)
                } else if isEqual(key, "output_tokens") {
                    tokens(&row.output)
                } else if isEqual(key, "reasoning_tokens") {
                    tokens(&row.reasoning)
                } else {
                    digits() != nil
                }
            if !isTaken { return false }
        }
        return take("}")
    }

    private mutating func cost(_ row: inout Row, _ seen: inout Seen) -> Bool {
        seen.insert(.cost)
        guard take(#"{"source":""#), let source = stringEnd() else { return false }
        if isEqual(source, "priced") {
            row.marks.insert(.costPriced)
        } else if isEqual(source, "reported") {
            row.marks.insert(.costReported)
        } else if isEqual(source, "unpriced") {
            row.marks.insert(.unpriced)
        } else {
            return false
        }
        guard take(#","usd_nanos":"#) else { return take("}") }
        guard let amount = digits(), amount < 1 << 62 else { return false }
        row.nanodollars = Int64(truncatingIfNeeded: amount)
        return take("}")
    }
}
