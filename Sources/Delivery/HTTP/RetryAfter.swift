package import Records

/// What an answer says about when to come back.
package enum RetryAfter {
    /// A receiver that asks for more is asked again after this much.
    package static let millisecondsMax: UInt64 = 86_400_000

    /// The wait, in milliseconds of at most a day; nil when nothing (readable) was said.
    ///
    /// - Parameters:
    ///   - value: `Retry-After`: seconds, or a date (RFC 9110 §10.2.3). Fractions of a second, which
    ///     the RFC does not have but some receivers send, are understood.
    ///   - milliseconds: `retry-after-ms`, which several providers send beside it for a finer wait.
    ///     It wins.
    ///   - date: the answer's own `Date`. A `Retry-After` date is read by the sender's clock, which
    ///     may differ from ours.
    ///   - now: by our clock, for an answer without a `Date`.
    package static func milliseconds(
        retryAfter value: String?, retryAfterMilliseconds milliseconds: String? = nil,
        date: String? = nil, now: Timestamp
    ) -> UInt64? {
        if let wait = milliseconds.flatMap({ decimal($0, unit: 1) }) { return wait }
        guard let value else { return nil }
        if let wait = decimal(value, unit: 1000) { return wait }
        guard let then = Timestamp(httpDate: value, now: now) else { return nil }
        let sent = date.flatMap { Timestamp(httpDate: $0, now: now) } ?? now
        guard then > sent else { return 0 }
        let wait = then.microseconds.subtractingReportingOverflow(sent.microseconds)
        return wait.overflow
            ? millisecondsMax : min(UInt64(wait.partialValue) / 1000, millisecondsMax)
    }

    /// `12` or `1.5` times `unit`, to the nearest whole one; nil for anything else, a sign included.
    private static func decimal(_ text: String, unit: Double) -> UInt64? {
        let isPlain = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
        guard isPlain, text.utf8.first != 0x2E, text.utf8.last != 0x2E, let value = Double(text)
        else { return nil }
        return UInt64(min((value * unit).rounded(), Double(millisecondsMax)))
    }
}
