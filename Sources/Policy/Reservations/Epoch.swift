import Posix
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A number that all relays share in memory, `<state>/policy/epoch`, and that changes with every
/// change of what they have reserved, and whenever one has put what calls cost into the ledger.
///
/// While it stands still, what was seen is what there is. Who publishes a change does so first and
/// moves the number then: whoever finds it moved looks again, and whoever moved it from the value
/// it had looked under knows that nothing else happened meanwhile.
struct Epoch: ~Copyable {
    /// No value of the number: that of a file that is new, or was cut.
    static let unknown: UInt64 = 0
    static let bytes = 4_096

    private let memory: MappedFile
    private let number: UnsafeMutablePointer<Atomic<UInt64>>
    private let identity: FileIdentity

    /// - Parameter path: of the file; made if it is missing. Its directory exists.
    init(_ path: String) throws(SystemError) {
        let file = try Descriptor.open(
            path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, mode: 0o600)
        let identity = try file.status().identity
        let memory = try MappedFile(file, count: Self.bytes)
        self.identity = identity
        number = memory.start.assumingMemoryBound(to: Atomic<UInt64>.self)
        self.memory = memory
    }

    /// Whether this is still the file of that name, and others move the same number.
    func isCurrent(_ path: String) -> Bool {
        !memory.isBroken && (try? FileStatus(path: path))?.identity == identity
    }

    /// Whether the file was cut: the number is nobody else's any more.
    var isBroken: Bool { memory.isBroken }

    /// The number. Everything that was done before it became what it is can be seen.
    var value: UInt64 {
        let value = number.pointee.load(ordering: .acquiring)
        return value == Self.unknown ? begin() : value
    }

    /// Gives a new file's number a value that it cannot have had before, so that nobody takes a
    /// file that was cut and filled anew for the one he knew.
    private func begin() -> UInt64 {
        let (begun, value) = number.pointee.compareExchange(
            expected: Self.unknown, desired: UInt64.random(in: 1...UInt64.max),
            ordering: .acquiringAndReleasing)
        return begun ? number.pointee.load(ordering: .acquiring) : value
    }

    /// Moves the number if it is still `value`. Nobody who finds it moved misses what was done
    /// before.
    func advance(from value: UInt64) -> Bool {
        number.pointee.compareExchange(
            expected: value, desired: Self.after(value), ordering: .acquiringAndReleasing
        ).exchanged
    }

    /// Moves the number, and returns what it was.
    func advance() -> UInt64 {
        while true {
            let value = value
            if advance(from: value) { return value }
        }
    }

    /// The value that `advance` gives to the number.
    static func after(_ value: UInt64) -> UInt64 { value == .max ? 1 : value &+ 1 }
}
