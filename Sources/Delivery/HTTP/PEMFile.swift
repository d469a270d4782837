import Posix

/// Says what is wrong with a file of certificates or keys, which TLS libraries say badly, or as if
/// the network had failed.
enum PEMFile {
    /// More is no such file.
    private static let bytesMax = 16 << 20

    /// Why a file cannot be what it should be; nil for one that looks as if it were.
    static func flaw(of path: String) -> String? {
        do throws(SystemError) {
            let text = try readWholeFile(path, atMost: bytesMax)
            let lines = text.split { $0 == 0x0A || $0 == 0x0D }
            let hasBegin = lines.contains { $0.starts(with: "-----BEGIN ".utf8) }
            return hasBegin ? nil : "\(path) is no PEM file: no line begins with -----BEGIN"
        } catch {
            return "cannot read \(path): \(error.reason)"
        }
    }
}
