import CPlatform
import Posix

/// libcurl, once it is loaded.
struct CurlLibrary {
    /// For the process's life.
    let pointer: OpaquePointer

    /// The names it goes by, the first that is there is taken. Number 4 is its binary interface
    /// since 2006; Debian has one for each TLS library.
    #if canImport(Darwin)
        static let names = ["/usr/lib/libcurl.4.dylib", "libcurl.4.dylib"]
        private static let remedy = "it is part of macOS; `brew install curl` brings another"
    #else
        static let names = ["libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.so"]
        private static let remedy =
            "install the package libcurl4 (Debian, Ubuntu) or libcurl (Fedora, Alpine)"
    #endif

    /// Nil when none of `names` can be loaded.
    init?(_ names: [String]) {
        guard let pointer = withCStrings(names, { cplatform_curl_load($0) }) else { return nil }
        self.pointer = pointer
    }

    /// What to say when there is none.
    static func missing(_ names: [String]) -> String {
        "libcurl cannot be loaded, so nothing can be sent: looked for "
            + names.joined(separator: ", ") + "; " + remedy
    }
}

/// Shows `body` a NULL-terminated array of C strings, valid while it runs.
func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
    let array = CStringArray(strings)
    return withExtendedLifetime(array) {
        // The same array of pointers, through which nothing is changed.
        array.pointers.withMemoryRebound(
            to: UnsafePointer<CChar>?.self, capacity: array.count + 1
        ) { body($0) }
    }
}
