internal import Records

/// The page at `/`: one document, its style and script inside, nothing from outside.
enum Page {
    static let html = document.html
    /// For the Content-Security-Policy: SHA-256 of what stands in the element, in base64.
    static let styleHash = document.style
    static let scriptHash = document.script

    private static let document: (html: [UInt8], style: String, script: String) = {
        let style = PackageResources.style_css
        let script = PackageResources.script_js
        var html: [UInt8] = []
        for line in PackageResources.page_html.split(
            separator: 10, omittingEmptySubsequences: false)
        {
            switch String(decoding: line, as: UTF8.self) {
            case "<style>/*style*/</style>":
                html += "<style>".utf8 + style + "</style>\n".utf8
            case "<script>/*script*/</script>":
                html += "<script>".utf8 + script + "</script>\n".utf8
            default: html += line + [10]
            }
        }
        return (html, base64(SHA256.hash(style)), base64(SHA256.hash(script)))
    }()

    /// RFC 4648 §4.
    static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".unicodeScalars)
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let word =
                group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for place in 0...group.count {
                text.unicodeScalars.append(alphabet[Int(word >> UInt32(18 - 6 * place)) & 63])
            }
            text += String(repeating: "=", count: 3 - group.count)
        }
        return text
    }
}
