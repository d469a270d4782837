extension String {
    /// Without the white space of ASCII (spaces, tabs, line ends) around it: what a variable or a
    /// header's value has there was typed or pasted by the way, and belongs to neither.
    var trimmed: String {
        guard let first = utf8.firstIndex(where: { !isSpace($0) }),
            let last = utf8.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(self[first...last])
    }
}

private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
