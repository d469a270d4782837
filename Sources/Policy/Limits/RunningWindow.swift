/// What happened in the last so many seconds: each event until exactly that long after it.
///
/// Of more than a few thousand events neighbours are put together, at the later one's time: then a
/// sum may hold an event a little longer than it should, and never shorter.
struct RunningWindow {
    /// Microseconds.
    let length: Int64
    private var events: [Event] = []
    /// The first that has not ended.
    private var first = 0
    private var sum: UInt64 = 0

    private struct Event {
        /// Microseconds since 1970.
        var time: Int64
        var amount: UInt64
    }

    static let eventsMax = 4_096

    init(seconds: Int64) { length = seconds &* 1_000_000 }

    mutating func add(_ amount: UInt64, at time: Int64) {
        if amount == 0 { return }
        var place = events.count
        while place > first, events[place - 1].time > time { place -= 1 }
        events.insert(Event(time: time, amount: amount), at: place)
        sum = sum.addingClamped(amount)
        if events.count - first > Self.eventsMax { coalesce() }
    }

    /// What is in the window that ends now. What a clock that is ahead wrote counts if it is no
    /// more ahead than the window is long.
    mutating func total(at now: Int64) -> UInt64 {
        expire(at: now)
        var total = sum
        var place = events.count
        while place > first, events[place - 1].time > now &+ length {
            place -= 1
            total = total < events[place].amount ? 0 : total - events[place].amount
        }
        return total
    }

    /// When so much of what is in the window will have left it.
    mutating func departure(of amount: UInt64, at now: Int64) -> Int64 {
        expire(at: now)
        var left = amount
        for event in events[first...] {
            if left <= event.amount { return event.time &+ length }
            left -= event.amount
        }
        return now &+ length
    }

    private mutating func expire(at now: Int64) {
        while first < events.count, events[first].time <= now &- length {
            let amount = events[first].amount
            sum = sum < amount ? 0 : sum - amount
            first += 1
        }
        if first > 1_024, first * 2 > events.count {
            events.removeFirst(first)
            first = 0
        }
    }

    private mutating func coalesce() {
        var fewer: [Event] = []
        var place = first
        while place < events.count {
            var event = events[place]
            if place + 1 < events.count {
                event.time = events[place + 1].time
                event.amount = event.amount.addingClamped(events[place + 1].amount)
            }
            fewer.append(event)
            place += 2
        }
        (events, first) = (fewer, 0)
    }
}

extension UInt64 {
    func addingClamped(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
