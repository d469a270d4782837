/// How long to wait before another try: exponential backoff with full jitter.
///
/// Each wait is drawn evenly from zero to a ceiling that doubles with every failure. Of all
/// schemes this spreads the senders that one outage has brought into step the widest ("Exponential
/// Backoff And Jitter", AWS Architecture Blog, 2015).
package struct Backoff: Sendable, Equatable {
    private let initial: UInt64
    private let max: UInt64
    private var ceiling: UInt64

    /// - Parameters:
    ///   - initialMilliseconds: the longest first wait.
    ///   - maxMilliseconds: what the longest wait grows to; not less than the first.
    package init(initialMilliseconds: UInt64, maxMilliseconds: UInt64) {
        initial = Swift.max(1, initialMilliseconds)
        max = Swift.max(initial, maxMilliseconds)
        ceiling = initial
    }

    /// The wait after one more failure, in milliseconds.
    package mutating func next(random: inout some RandomNumberGenerator) -> UInt64 {
        let wait = UInt64.random(in: 0...ceiling, using: &random)
        let doubled = ceiling.multipliedReportingOverflow(by: 2)
        ceiling = doubled.overflow ? max : min(doubled.partialValue, max)
        return wait
    }

    /// After a success: the next failure is the first again.
    package mutating func reset() { ceiling = initial }
}
