import Ledger
import Posix
import Records

/// What became of records.
enum Sent {
    /// They are delivered, or set aside: their cursor may move.
    case acknowledged
    case ended(ShippingEnd)
}

/// Records that are sent together, and how often the receiver has asked for other words already.
private struct Part {
    var records: [Record]
    var asked = 0
}

/// What became of one message.
private enum Answered {
    case delivered
    /// Taken but for so much, which the receiver will never take.
    case partlyRefused(HTTPResponse, count: UInt64, reason: String)
    /// To be said in other words, which the sink now knows.
    case askedAgain
    case refused(HTTPResponse, reason: String)
    case ended(ShippingEnd)
}

extension SinkWorker {
    /// A receiver that asks for other words more often than this does not know what it wants.
    private static var askedMax: Int { 4 }
    /// What a receiver asks for is believed up to an hour.
    private static var retryAfterMax: UInt64 { 3_600_000 }

    /// Sends records until each is delivered or set aside.
    mutating func send(_ records: [Record]) -> Sent {
        // A stack, since a message that is refused is sent again in halves.
        var parts = records.isEmpty ? [] : [Part(records: records)]
        var isSplit = false
        let dead = status.status.dead
        while let part = parts.popLast() {
            var rest: [Part] = []
            if let end = send(part, &rest) { return .ended(end) }
            if rest.count > 1 { isSplit = true }
            parts += rest.reversed()
        }
        if isSplit, status.status.dead == dead {
            // Each half was welcome: it was a matter of size.
            batchMax = max(1, min(batchMax, records.count) / 2)
        }
        return .acknowledged
    }

    /// Sends one part.
    ///
    /// - Parameter rest: gets what is to be sent next in its place.
    private mutating func send(_ part: Part, _ rest: inout [Part]) -> ShippingEnd? {
        let messages = sink.messages(for: part.records)
        let carried = messages.map { message in
            let known = Set(message.records.filter { part.records.indices.contains($0) })
            return known.isEmpty ? Set(part.records.indices) : known
        }
        var dead: Set<Int> = []
        for (place, message) in messages.enumerated() {
            let records = carried[place]
            // A message about something that was refused would be about nothing.
            if !dead.isEmpty, records.isSubset(of: dead) { continue }
            switch deliver(message) {
            case .delivered: continue
            case .ended(let end): return end
            case .partlyRefused(let answer, let count, let reason):
                let ids = pick(records, part).map(\.id)
                if let end = setAside([], (count, ids), answer, reason, message) { return end }
            case .refused(let answer, let reason) where records.count == 1:
                let refused = pick(records, part)
                if let end = setAside(refused, nil, answer, reason, message) { return end }
                dead.formUnion(records)
            case .refused:
                let order = records.sorted()
                let middle = order.count / 2
                let later = later(than: place, carried, dead).subtracting(records)
                rest = [Set(order[..<middle]), Set(order[middle...]), later].filter { !$0.isEmpty }
                    .map { Part(records: pick($0, part), asked: part.asked) }
                count(part.records.count - records.union(later).union(dead).count)
                return nil
            case .askedAgain:
                let left = later(than: place, carried, dead).union(records)
                count(part.records.count - left.union(dead).count)
                guard part.asked < Self.askedMax else {
                    let reason = "the receiver asks for other words again and again"
                    rest = [Part(records: pick(left, part))]
                    return pause(nil, .blocked, reason)
                }
                rest = [Part(records: pick(left, part), asked: part.asked + 1)]
                return nil
            }
        }
        count(part.records.count - dead.count)
        return nil
    }

    /// What the messages after one carry that is still to be delivered.
    private func later(
        than place: Int, _ carried: [Set<Int>], _ dead: Set<Int>
    ) -> Set<Int> {
        carried[(place + 1)...].reduce(into: Set()) { $0.formUnion($1) }.subtracting(dead)
    }

    private func pick(_ wanted: Set<Int>, _ part: Part) -> [Record] {
        wanted.sorted().map { part.records[$0] }
    }

    private mutating func count(_ delivered: Int) {
        guard delivered > 0 else { return }
        let wall = clock.wall
        status.update(at: clock.now, wall) {
            $0.delivered &+= UInt64(delivered)
            $0.lastSuccess = wall
        }
    }

    // MARK: One message

    /// Sends a message until its answer is final.
    private mutating func deliver(_ message: Message) -> Answered {
        while true {
            if clock.isStopped { return .ended(.stopped) }
            status.update(at: clock.now, clock.wall) {
                $0.state = .sending
                $0.nextTry = nil
            }
            let answer: HTTPResponse
            switch transport.send(message.request) {
            case .success(let response): answer = message.request.masking(response)
            case .failure(.stopped): return .ended(.stopped)
            case .failure(.noLibrary(let what)): return .ended(.noLibrary(what))
            case .failure(.failed(let what)):
                if let end = pause(nil, .waiting, message.request.masking(what)) {
                    return .ended(end)
                }
                continue
            case .failure(.untrusted(let what)):
                if let end = pause(nil, .blocked, message.request.masking(what)) {
                    return .ended(end)
                }
                continue
            }
            let verdict = sink.judge(answer, to: message)
            switch verdict {
            case .retry(let after, let reason):
                if let end = pause(after, .waiting, message.request.masking(reason)) {
                    return .ended(end)
                }
            case .blocked(let reason):
                if let end = pause(nil, .blocked, message.request.masking(reason)) {
                    return .ended(end)
                }
            case .delivered(let remark):
                recover(remark.map { message.request.masking($0) })
                return .delivered
            case .partlyRefused(let count, let reason):
                recover(nil)
                return .partlyRefused(answer, count: count, reason: reason)
            case .refused(let reason):
                recover(nil)
                return .refused(answer, reason: reason)
            case .sayAgain:
                recover(nil)
                return .askedAgain
            }
        }
    }

    /// The receiver answers again.
    private mutating func recover(_ remark: String?) {
        if failingSince != nil { say("\(destination): it goes on.") }
        failingSince = nil
        retry.reset()
        blocked.reset()
        if let remark { status.update(at: clock.now, clock.wall) { $0.lastError = remark } }
    }

    // MARK: Dead letters

    /// Writes down what the receiver will never take, before it counts as acknowledged.
    ///
    /// - Parameter partly: of a message taken in part: how much was refused, and the ids of all.
    private mutating func setAside(
        _ records: [Record], _ partly: (refused: UInt64, ids: [String])?, _ answer: HTTPResponse,
        _ reason: String, _ message: Message
    ) -> ShippingEnd? {
        let letter = DeadLetter(
            time: clock.wall, destination: destination, status: answer.status,
            answer: message.request.masking(reason), records: records, partly: partly)
        let count = partly?.refused ?? UInt64(records.count)
        while true {
            do throws(SystemError) {
                try deadLetters.append(letter)
                break
            } catch {
                let path = deadLetters.path
                let what = LedgerError(action: .append, path: path, cause: error)
                if let end = pause(nil, .waiting, "\(what)") { return end }
            }
        }
        failingSince = nil
        say("\(destination) refused \(count) records: \(letter.answer)")
        status.update(at: clock.now, clock.wall) {
            $0.dead &+= count
            $0.lastError = letter.answer
        }
        return nil
    }

    // MARK: Waiting

    /// Waits before another try.
    ///
    /// - Parameters:
    ///   - after: what the receiver asked for, in milliseconds.
    ///   - state: `waiting` or `blocked`.
    /// - Returns: how it ends, if there is to be no other try.
    private mutating func pause(
        _ after: UInt64?, _ state: DeliveryStatus.State, _ reason: String
    ) -> ShippingEnd? {
        save()
        var random = SystemRandomNumberGenerator()
        let own =
            state == .blocked ? blocked.next(random: &random) : retry.next(random: &random)
        let wait = max(own, min(after ?? 0, Self.retryAfterMax))
        let start = clock.now
        let since = failingSince ?? start
        let until = start.addingClamped(wait)
        if failingSince == nil || status.status.state != state && status.status.state != .sending {
            say("\(destination): \(state.rawValue): \(reason)")
        }
        failingSince = since
        let next = clock.wall.adding(milliseconds: wait)
        status.update(at: start, clock.wall) {
            $0.state = state
            $0.lastError = reason
            $0.nextTry = next
        }
        while true {
            if clock.isStopped { return .stopped }
            let now = clock.now
            switch goal {
            case .forever: break
            case .once(let patience):
                if state == .blocked || until > since.addingClamped(patience) {
                    return .left(reason)
                }
            case .untilIdle(let patience, let linger):
                let isHopeless = state == .blocked || now >= since.addingClamped(patience)
                crew.set(member, settledSince: isHopeless ? 0 : nil)
                if isHopeless, crew.isOver(at: now, linger: linger) { return .left(reason) }
            }
            if now >= until { return nil }
            clock.sleep(until: min(until, now &+ 1_000))
        }
    }
}
