/// Decides on every line of the client's before it is sent to the server, and sees its bytes
/// afterwards.
///
/// Used by one thread, the pump that reads the client. `judge`, `withdraw` and `pass` may take a
/// moment, for which the client's later lines wait; what is said of observers holds for the rest.
package protocol LineJudge: ByteObserver {
    /// Decides on a line.
    ///
    /// - Parameters:
    ///   - line: with its newline, which only the last line of a stream may lack; at most
    ///     `HeldLines.bytesMax` bytes, valid only during the call.
    ///   - number: the line's, one more than that of the line before. A line that was held is asked
    ///     about again with the number it had.
    ///   - stamp: when its end was read, in monotonic nanoseconds; it is observed with this stamp.
    ///   - now: the same, or when it is asked about again.
    mutating func judge(
        _ line: UnsafeRawBufferPointer, number: UInt64, stamp: UInt64, now: UInt64
    ) -> LineRuling

    /// A line that was held will not be sent: the client took it back, or one of the two left. Its
    /// bytes are observed next.
    mutating func withdraw(_ number: UInt64)

    /// A line is too long to be judged, and is sent on as it comes.
    mutating func pass(_ number: UInt64)

    /// What is observed from here on is the line with this number, sent or not.
    mutating func willObserve(_ number: UInt64)
}

/// What a judge says of a line.
package struct LineRuling: Sendable {
    package enum Verdict: Sendable, Equatable {
        /// It is sent as it is.
        case forward
        /// These bytes are sent instead, newline included.
        case replace([UInt8])
        /// It is not sent; the client gets these bytes, newline included, between two lines of the
        /// server's.
        case answer([UInt8])
        /// It is kept until this time (monotonic nanoseconds) and then asked about again. Later
        /// lines go on meanwhile.
        case hold(until: UInt64)
    }

    package var verdict: Verdict
    /// Lines that are held and now not to be sent any more. Numbers of others mean nothing.
    package var withdrawn: [UInt64] = []

    package init(_ verdict: Verdict) { self.verdict = verdict }
}
