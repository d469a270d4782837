/// Sees the bytes of one direction, after they were forwarded.
///
/// Each direction has its own observer and its own thread, so an observer needs no lock for what is
/// its own. It must neither trap nor wait: the next bytes are forwarded only when it returns.
package protocol ByteObserver: Sendable {
    /// Tells what the observer is about to be given. Called before bytes are forwarded, and again
    /// when they have been observed or will not be; not always when the relay stops in between.
    ///
    /// - Parameter stamp: when the bytes that are being forwarded reached the relay; 0 when none are.
    mutating func forwards(since stamp: UInt64)

    /// Bytes that were delivered. Their boundaries mean nothing.
    ///
    /// - Parameters:
    ///   - bytes: valid only during the call; never empty.
    ///   - stamp: when they reached the relay, in monotonic nanoseconds.
    mutating func observe(_ bytes: UnsafeRawBufferPointer, stamp: UInt64)

    /// The sender closed the stream and all of it was observed. Not called when the relay leaves
    /// first, as it does when the server exits while the client still holds its end open.
    mutating func end()
}
