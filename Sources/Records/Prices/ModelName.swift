/// A model's id as it stood on the wire, taken apart into the names a price list may know.
///
/// Ids carry a path (`models/…`, `publishers/anthropic/models/…`, an ARN), whose model it is
/// (`x-ai/…`, `us.anthropic.…`), the day of the snapshot, a routing variant (`:nitro`). Nothing is
/// made up: whatever a part means is written down by the vendor or host that writes it.
struct ModelName {
    typealias Text = ArraySlice<UInt8>

    /// Lower case (ASCII), as it stood.
    let whole: [UInt8]
    /// What is left without path and vendor.
    private(set) var bare: Text
    /// The last vendor or host the path names.
    private(set) var vendor: String?
    /// A part of the path names nobody known, so nothing but `whole` may be looked up.
    private(set) var hasUnknownVendor = false
    /// An OpenRouter variant that costs nothing.
    private(set) var isFree = false
    /// A tag after a colon that means something else here: `deepseek-r1:8b`.
    private(set) var hasUnknownTag = false

    init(_ id: String) {
        let bytes = id.utf8.map(\.asciiLowercased)
        let start = bytes.firstIndex { !$0.isASCIISpace } ?? bytes.endIndex
        let end = bytes.lastIndex { !$0.isASCIISpace }.map { $0 + 1 } ?? start
        whole = Array(bytes[start..<end])
        bare = whole[...]
        removePath()
        removeBedrockParts()
        removeTag()
    }

    /// It says where the model is to be had, not only which one it is.
    var isPath: Bool { whole.contains(UInt8(ascii: "/")) }

    /// `bare` as vendors write it themselves, best first: as it stands, with Vertex's `@` as a dash,
    /// with a compact date spelt out.
    var spellings: [[UInt8]] {
        var names = [Array(bare)]
        if let at = bare.lastIndex(of: UInt8(ascii: "@")) {
            let version = bare[(at + 1)...]
            let isCurrent = version.isEqual(to: "default") || version.isEqual(to: "latest")
            names.append(Array(bare[..<at]) + (isCurrent ? [] : [UInt8(ascii: "-")] + version))
        }
        for name in names {
            guard let (stem, date) = name[...].dividedAtDate, date.count == 8 else { continue }
            let dash = [UInt8(ascii: "-")]
            names.append(
                Array(stem) + dash + date.prefix(4) + dash + date.dropFirst(4).prefix(2) + dash
                    + date.suffix(2))
        }
        return names
    }

    /// `bare` without the day of its snapshot or `-latest`, if it has one: to be found under its
    /// exact name only.
    var undated: [UInt8]? {
        if let (stem, _) = bare.dividedAtDate { return Array(stem) }
        for suffix in ["-latest", "@latest", "@default"] where bare.ends(with: suffix) {
            return Array(bare.dropLast(suffix.utf8.count))
        }
        return nil
    }

    private mutating func removePath() {
        // arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-…
        if bare.starts(with: "arn:".utf8), let slash = bare.lastIndex(of: UInt8(ascii: "/")) {
            vendor = "bedrock"
            bare = bare[(slash + 1)...]
            return
        }
        var parts = bare.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)[...]
        // Google's resource names: everything up to `models` is where, not what.
        let models = parts.lastIndex { $0.isEqual(to: "models") }
        if let models, models + 1 < parts.endIndex {
            let publishers = parts.firstIndex { $0.isEqual(to: "publishers") }
            if let publishers, publishers + 2 == models {
                let publisher = String(decoding: parts[publishers + 1], as: UTF8.self)
                vendor = ProviderName.canonical(publisher)
            } else if models == parts.startIndex {
                vendor = "google"
            }
            parts = parts[(models + 1)...]
        }
        while parts.count > 1, let part = parts.first {
            let name = ProviderName.canonical(String(decoding: part, as: UTF8.self))
            let kind = ProviderName.kind(name)
            guard kind != .unknown else {
                hasUnknownVendor = true
                break
            }
            vendor = name
            parts.removeFirst()
            // What a host calls its models may be a path itself.
            if kind == .host || kind == .local { break }
        }
        bare = bare[(parts.first?.startIndex ?? bare.endIndex)...]
    }

    /// `us.anthropic.claude-sonnet-4-5-20250929-v1:0`. Amazon sets prices of its own for all but
    /// Anthropic's models, whose list price it follows.
    private mutating func removeBedrockParts() {
        guard vendor == nil || vendor == "bedrock" else { return }
        let parts = bare.split(
            separator: UInt8(ascii: "."), maxSplits: 2, omittingEmptySubsequences: false)
        let anthropic = parts.prefix(2).firstIndex { $0.isEqual(to: "anthropic") }
        guard let anthropic, anthropic + 1 < parts.endIndex else { return }
        vendor = "anthropic"
        bare = bare[parts[anthropic + 1].startIndex...]
        if let version = bare.bedrockVersionStart { bare = bare[..<version] }
    }

    private mutating func removeTag() {
        guard !bare.starts(with: "ft:".utf8), let colon = bare.lastIndex(of: UInt8(ascii: ":"))
        else { return }
        switch String(decoding: bare[(colon + 1)...], as: UTF8.self) {
        case "free": isFree = true
        // They choose among hosts or settings, at the model's own price.
        case "nitro", "floor", "exacto", "thinking", "beta": bare = bare[..<colon]
        default: hasUnknownTag = true
        }
    }
}

extension ArraySlice<UInt8> {
    fileprivate func isEqual(to text: StaticString) -> Bool {
        text.withUTF8Buffer { elementsEqual($0) }
    }

    fileprivate func ends(with text: String) -> Bool {
        count >= text.utf8.count && suffix(text.utf8.count).elementsEqual(text.utf8)
    }

    /// Divides `claude-opus-4-7-20260401`, `…@20260401` or `gpt-5-2025-08-07` before the date, which
    /// must be one of this century.
    fileprivate var dividedAtDate: (stem: Self, date: Self)? {
        for length in [8, 10] where count > length + 1 {
            let date = suffix(length)
            let separator = self[date.startIndex - 1]
            let dash = UInt8(ascii: "-")
            let isDashed = length == 10
            let isDate = zip(0..., date).allSatisfy { place, byte in
                isDashed && (place == 4 || place == 7) ? byte == dash : byte.isASCIIDigit
            }
            guard isDate, separator == dash || separator == UInt8(ascii: "@") else { continue }
            let digits = date.filter { $0 != dash }.map { Int($0 - UInt8(ascii: "0")) }
            guard digits[0] == 2, digits[1] == 0, 1...12 ~= digits[4] * 10 + digits[5],
                1...31 ~= digits[6] * 10 + digits[7]
            else { continue }
            return (dropLast(length + 1), date)
        }
        return nil
    }

    /// Where `-v1:0`, `-v2` or `-v1:0:200k` at the end begins.
    fileprivate var bedrockVersionStart: Int? {
        guard let dash = lastIndex(of: UInt8(ascii: "-")) else { return nil }
        let version = self[(dash + 1)...]
        guard version.first == UInt8(ascii: "v"), version.dropFirst().first?.isASCIIDigit == true
        else { return nil }
        let isVersion = version.dropFirst().allSatisfy {
            $0.isASCIIDigit || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "k")
        }
        return isVersion ? dash : nil
    }
}

extension UInt8 {
    fileprivate var isASCIISpace: Bool { self == 0x20 || 0x09...0x0D ~= self }
}
