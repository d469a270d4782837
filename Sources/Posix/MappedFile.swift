import CPlatform

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The beginning of a file as memory that all processes which map it share: what one stores the
/// others load, with no system call.
///
/// Who cuts a mapped file ends every process that touches it, by SIGBUS. Not so here: the memory
/// then becomes zeros of this process's own, stays good to read and to write, and says that it is
/// broken. So ask `isBroken` after what was done, before anything is made of it.
package struct MappedFile: ~Copyable, @unchecked Sendable {
    // Sendable: memory, which its users have to agree upon.

    private let map: Int32
    /// Where the memory begins, an address that any integer may stand at; valid as long as this
    /// value.
    package let start: UnsafeMutableRawPointer
    /// Bytes of it.
    package let count: Int

    /// Has faults in mapped files mended from now on, and unblocks them for this thread. Threads of
    /// `Thread` have them unblocked; others, such as the main one, need this.
    package static func prepare() { cplatform_maps_prepare() }

    /// Maps the first `count` bytes of a file, which are written first where it has fewer: a page
    /// with no room on the disk would be found out only when it is stored to.
    ///
    /// - Parameter file: open for reading and writing; may be closed afterwards. The C function is
    ///   `mmap`.
    package init(_ file: borrowing Descriptor, count: Int) throws(SystemError) {
        try Self.fill(file, count)
        var address: UnsafeMutableRawPointer?
        let raw = file.raw
        let map = try retrying("mmap") { Int(cplatform_map(raw, count, &address)) }
        guard let address else { throw SystemError(call: "mmap", code: ENOMEM) }
        self.map = Int32(truncatingIfNeeded: map)
        self.count = count
        start = address
    }

    deinit { cplatform_unmap(map) }

    /// Whether the file was cut, and this is not shared any more.
    package var isBroken: Bool { cplatform_map_is_broken(map) }

    private static func fill(_ file: borrowing Descriptor, _ count: Int) throws(SystemError) {
        let size = try file.status().size
        guard let missing = Int(exactly: size).map({ count - $0 }), missing > 0 else { return }
        let zeros = [UInt8](repeating: 0, count: missing)
        var failure: SystemError?
        zeros.withUnsafeBytes { zeros in
            do throws(SystemError) {
                try file.writeAll(zeros, at: size)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }
}
