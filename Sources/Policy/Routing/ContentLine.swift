/// What a line has shown so far, and whether that makes it code.
struct ContentLine {
    var bytes: UInt64 = 0
    var words = 0
    /// Ideographs, of which two are about a word.
    var ideographs = 0
    /// Spaces in front; a tab is four.
    var indent = 0
    /// Something else than space was there.
    var hasBegun = false
    /// Brackets, operators and names as code has them.
    var signs = 0
    var keywords = 0
    var beginsWithKeyword = false
    var programming = 0
    var mathematics = 0
    var latex = 0
    var reasoning = 0
    /// The last byte that was no space.
    var lastSign: UInt8 = 0

    /// - Parameter afterCode: the line before it was code.
    func isCode(afterCode: Bool) -> Bool {
        guard hasBegun else { return afterCode }
        guard latex == 0 else { return false }
        var signs = signs
        switch lastSign {
        case UInt8(ascii: ";"), UInt8(ascii: "{"), UInt8(ascii: "}"): signs &+= 2
        case UInt8(ascii: ":") where beginsWithKeyword: signs &+= 2
        default: break
        }
        if afterCode, indent >= 2 { return true }
        guard signs > 0, mathematics <= signs else { return false }
        // Words alone make no code: English has most of them too.
        let words = min(keywords, signs &* 2 &+ 2)
        let points = signs &+ words &+ (indent >= 2 ? 1 : 0) &+ (beginsWithKeyword ? 1 : 0)
        return points >= 3 && points &* 2 >= self.words && (signs >= 2 || beginsWithKeyword)
    }
}
