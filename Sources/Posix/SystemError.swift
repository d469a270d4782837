import CPlatform

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A failed system call: its name and the `errno` it left.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The C function that failed, such as `open`.
    package let call: StaticString
    /// The value of `errno` right after the call.
    package let code: CInt

    package init(call: StaticString, code: CInt) {
        self.call = call
        self.code = code
    }

    package static func == (a: SystemError, b: SystemError) -> Bool { a.code == b.code }

    /// The system's own words for the code, such as `No space left on device`.
    package var reason: String { String(cString: strerror(code)) }

    package var description: String { "\(call): \(reason)" }
}

/// Runs a system call until it is not interrupted by a signal: the one place `EINTR` is handled.
///
/// - Parameters:
///   - call: the name of the C function, for the error.
///   - body: the call; a negative result is a failure described by `errno`.
/// - Returns: what the call returned, never negative.
@inline(__always)
package func retrying(_ call: StaticString, _ body: () -> Int) throws(SystemError) -> Int {
    while true {
        let result = body()
        if result >= 0 { return result }
        let code = currentErrno()
        if code != EINTR { throw SystemError(call: call, code: code) }
    }
}

/// The value of `errno` left by the C call just before.
///
/// Use this and not Glibc's `errno`: that is a Swift function in one object with wrappers of all of
/// <math.h>, which would have every process load and relocate libm for nothing.
package func currentErrno() -> CInt { cplatform_errno() }
