#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// What a descriptor's other end can show.
struct Terminal {
    let isTerminal: Bool
    /// Columns to fill: 40 to 100, and 80 where there is no terminal to ask.
    let width: Int
    /// Colour is for a terminal, unless its user says otherwise (no-color.org).
    let hasColour: Bool

    init(isTerminal: Bool = false, width: Int = 80, hasColour: Bool = false) {
        self.isTerminal = isTerminal
        self.width = width
        self.hasColour = hasColour
    }

    init(of descriptor: CInt, _ environment: [String: String] = Environment.current()) {
        isTerminal = isatty(descriptor) == 1
        var size = winsize()
        let isKnown = isTerminal && ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0
        // Longer lines are hard to read; a terminal that does not know its width says 0.
        width = isKnown && size.ws_col > 0 ? max(40, min(Int(size.ws_col), 100)) : 80
        hasColour =
            isTerminal && environment["NO_COLOR"]?.isEmpty != false
            && environment["TERM"] != "dumb"
    }

    func bold(_ text: String) -> String { paint("1", text) }
    func red(_ text: String) -> String { paint("31", text) }
    func green(_ text: String) -> String { paint("32", text) }
    func yellow(_ text: String) -> String { paint("33", text) }

    private func paint(_ code: String, _ text: String) -> String {
        hasColour && !text.isEmpty ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
}
