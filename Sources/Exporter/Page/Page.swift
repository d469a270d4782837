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
        return (html, Base64.encoded(SHA256.hash(style)), Base64.encoded(SHA256.hash(script)))
    }()

}
