/// The page at `/`: one document, nothing from outside.
enum Page {
    static let html: [UInt8] = []
    static let styleHash = ""
    static let scriptHash = ""
}
