/// Sees the bytes of one direction, after they were forwarded.
///
/// Each direction has its own observer and its own thread, so an observer needs no lock for what is
/// its own. It must neither trap nor wait: the next bytes are forwarded only when it returns.
package protocol ByteObserver: Sendable {
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
