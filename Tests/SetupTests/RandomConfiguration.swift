@testable import Setup

/// Configurations as nobody would write them: whatever the format allows, where it allows it.
///
/// Each text holds marks in places that are none of mcp-meter's business, where a user's edit may
/// come between wrapping and unwrapping.
struct RandomConfiguration {
    static let mark = "@mark@"
    /// A comment that can become another server.
    static let gap = "@gap@"

    var random: Random
    private var isTidy = false
    private var lineEnd = "\n"

    init(seed: UInt64) { random = Random(seed: seed) }

    private static let words = [
        "npx", "report", "-x", "--", "serve", "/usr/bin/env", "C:\\x.exe", "a b", "", "é😀", "\"q\"",
        "${HOME}/x", "-y", "help", "sk-1", "#", "//", "/*", "'", ",", "]", "}",
    ]

    private mutating func commandWord() -> String {
        random.pick(Self.words.filter { !$0.isEmpty })
    }

    // MARK: JSON

    mutating func json() -> String {
        isTidy = random.chance(50)
        lineEnd = random.chance(30) ? "\r\n" : "\n"
        var members = [("model", "\"\(Self.mark)\""), ("n", "[1, {\"command\": \"x\"}, null,]")]
        members.append(("mcpServers", servers(depth: 2)))
        if random.chance(30) {
            members.append(
                ("projects", object([("/p q", object([("mcpServers", servers(depth: 4))], 3))], 2)))
        }
        members.shuffle(using: &random)
        let head = random.chance(20) ? "\u{FEFF}" : ""
        return head + space(0) + object(members, 1) + (random.chance(50) ? lineEnd : "")
    }

    private mutating func servers(depth: Int) -> String {
        var entries = (0..<Int.random(in: 1...4, using: &random)).map { index in
            ("s\(index)" + random.pick(["", " x", "é", "\\u0041", "\\\""]), entry(depth + 1))
        }
        entries.shuffle(using: &random)
        return object(entries, depth, isGapped: true)
    }

    private mutating func entry(_ depth: Int) -> String {
        var members: [(String, String)] = []
        if random.chance(10) {
            members.append(("url", "\"https://x/\(Self.mark)\""))
        } else {
            let command = commandWord()
            members.append(("command", jsonString(command)))
            if random.chance(70) { members.append(("args", arguments())) }
        }
        if random.chance(60) {
            var variables: [(String, String)] = []
            for name in ["K", "MCP_METER", "OTEL_SERVICE_NAME", "S"] where random.chance(35) {
                variables.append((name, random.chance(20) ? "1" : jsonString("v")))
            }
            members.append(("env", object(variables, depth + 1)))
        }
        if random.chance(30) { members.append(("timeout", "\"\(Self.mark)\"")) }
        if random.chance(10) { members.append(("disabled", random.pick(["true", "false"]))) }
        members.shuffle(using: &random)
        return object(members, depth)
    }

    private mutating func arguments() -> String {
        let isBroken = isTidy && random.chance(40)
        let count = Int.random(in: 0...3, using: &random)
        var text = "["
        for index in 0..<count {
            text += isBroken ? lineEnd + "\t\t\t\t\t" : index > 0 && isTidy ? " " : space(0)
            text += jsonString(random.pick(Self.words))
            if !isTidy { text += space(0) }
            if index < count - 1 || random.chance(20) { text += "," }
        }
        return text + (isBroken ? lineEnd + "\t\t\t\t" : isTidy ? "" : space(0)) + "]"
    }

    private mutating func object(
        _ members: [(String, String)], _ depth: Int, isGapped: Bool = false
    ) -> String {
        let isBroken = isTidy && (depth < 3 || random.chance(60))
        let indent = lineEnd + String(repeating: "\t", count: depth)
        let outdent = lineEnd + String(repeating: "\t", count: max(0, depth - 1))
        var text = "{"
        for (index, member) in members.enumerated() {
            text += isBroken ? indent : index > 0 && isTidy ? " " : space(depth)
            if isGapped, random.chance(30) { text += "/*\(Self.gap)*/" + (isTidy ? " " : "") }
            text += "\"\(member.0)\"" + (isTidy ? ": " : space(0) + ":" + space(0)) + member.1
            if !isTidy { text += space(depth) }
            if index < members.count - 1 || random.chance(20) { text += "," }
            if isBroken, random.chance(20) { text += " // \(Self.mark) \"x\": 1," }
        }
        return text + (isBroken ? outdent : isTidy ? "" : space(depth)) + "}"
    }

    private mutating func space(_ depth: Int) -> String {
        guard !isTidy else { return "" }
        return random.pick([
            "", "", "", " ", "\t", "  ", lineEnd, lineEnd + "   ", "/* c */",
            " /* \(Self.mark) */ ",
            " // x, \"y\"" + lineEnd, "//" + lineEnd + "  ", "/*" + lineEnd + "*/",
        ])
    }

    private mutating func jsonString(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "/" where random.chance(30): result += "\\/"
            case _ where scalar.isASCII && random.chance(5):
                result +=
                    "\\u00" + (scalar.value < 16 ? "0" : "")
                    + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    // MARK: TOML

    mutating func toml() -> String {
        lineEnd = random.chance(30) ? "\r\n" : "\n"
        var blocks: [String] = []
        // Either every server has a header of its own, or all are under one.
        let isUnderOne = random.chance(40)
        var statements: [[String]] = []
        for index in 0..<Int.random(in: 1...4, using: &random) {
            let name = "s\(index)"
            switch (isUnderOne, random.chance(50)) {
            case (false, _):
                blocks.append(section("[mcp_servers.\(name)]", tomlEntry(name, prefix: "")))
            case (true, true): statements.append(tomlEntry(name, prefix: name + "."))
            case (true, false): statements.append(["\(name) = \(tomlInline())"])
            }
        }
        if isUnderOne { blocks.append(section("[mcp_servers]", statements.flatMap(\.self))) }
        blocks.append(section("[other]", ["x = '\(Self.mark)'", "y = [1, 2] # \(Self.mark)"]))
        blocks.shuffle(using: &random)
        let head = "model = \"\(Self.mark)\" # c" + lineEnd
        let text = (random.chance(20) ? "\u{FEFF}" : "") + head + blocks.joined()
        return random.chance(30) ? String(text.dropLast()) : text
    }

    private mutating func section(_ header: String, _ statements: [String]) -> String {
        var text = random.pick(["", lineEnd, "# \(Self.mark)" + lineEnd]) + header + lineEnd
        for statement in statements {
            // A header among the statements begins a table of its own.
            text += random.pick(["", "", "  ", "\t", lineEnd]) + statement
            text += random.pick(["", "", " ", " # \(Self.mark) = 1"]) + lineEnd
        }
        return text
    }

    private mutating func tomlEntry(_ name: String, prefix: String) -> [String] {
        let sign = random.pick([" = ", "=", "  =\t"])
        if random.chance(10) { return ["\(prefix)url\(sign)'https://x/\(Self.mark)'"] }
        var statements = ["\(prefix)command\(sign)\(tomlString(commandWord(), isLong: true))"]
        if random.chance(60) { statements.append("\(prefix)args\(sign)\(tomlArray())") }
        if random.chance(40) { statements.append("\(prefix)tool_timeout_sec\(sign)5") }
        let variables = ["K", "MCP_METER", "OTEL_SERVICE_NAME"].filter { _ in random.chance(40) }
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            statements.append("\(prefix)env\(sign){\(inlineVariables(variables))}")
        case 1:
            for variable in variables {
                statements.append("\(prefix)env.\(variable)\(sign)\"v\"")
            }
        default: break
        }
        statements.shuffle(using: &random)
        guard prefix.isEmpty, !statements.contains(where: { $0.hasPrefix("env") }),
            random.chance(50)
        else { return statements }
        return statements + ["[mcp_servers.\(name).env]"]
            + variables.map { "\($0)\(sign)'v'" }
    }

    private mutating func tomlInline() -> String {
        var members = ["command = \(tomlString(commandWord(), isLong: false))"]
        if random.chance(60) { members.append("args = \(tomlArray(isShort: true))") }
        if random.chance(60) {
            let variables = ["K", "MCP_METER"].filter { _ in random.chance(50) }
            members.append("env = {\(inlineVariables(variables))}")
        }
        members.shuffle(using: &random)
        let comma = random.pick([", ", ",", " , "])
        let pad = random.pick(["", " "])
        return "{" + pad + members.joined(separator: comma) + pad + "}"
    }

    private mutating func inlineVariables(_ names: [String]) -> String {
        let pad = random.pick(["", " "])
        return pad + names.map { "\($0) = 'v'" }.joined(separator: ", ") + pad
    }

    private mutating func tomlArray(isShort: Bool = false) -> String {
        let count = Int.random(in: 0...3, using: &random)
        let isBroken = !isShort && random.chance(50)
        var text = "["
        for index in 0..<count {
            text +=
                isBroken
                ? random.pick([lineEnd + "  ", " # \(Self.mark)" + lineEnd + "\t"])
                : random.pick(["", " "])
            text += tomlString(random.pick(Self.words), isLong: !isShort)
            if index < count - 1 || isBroken && random.chance(50) { text += "," }
        }
        return text + (isBroken ? lineEnd : random.pick(["", " "])) + "]"
    }

    private mutating func tomlString(_ text: String, isLong: Bool) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        var kinds = ["\"\(escaped)\""]
        if !text.contains("'") { kinds.append("'\(text)'") }
        if isLong {
            kinds.append("\"\"\"\(escaped)\"\"\"")
            kinds.append("\"\"\"\(lineEnd)\(escaped)\\\(lineEnd)   \"\"\"")
        }
        return random.pick(kinds)
    }
}
