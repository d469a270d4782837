import Foundation

/// The messages of examples/evalops/schema.json, and who holds a body to them: as much of JSON
/// Schema as that file uses, and a complaint about any keyword more.
struct EvalOpsSchema {
    private let definitions: [String: Any]

    init() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("examples/evalops/schema.json")
        let document = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
        definitions = (document as? [String: Any])?["$defs"] as? [String: Any] ?? [:]
    }

    /// What is wrong with a body that should be a message of that name; empty when nothing is.
    func faults(of body: [UInt8], as message: String) -> [String] {
        guard let value = try? JSONSerialization.jsonObject(with: Data(body)) else {
            return ["no JSON: \(String(decoding: body.prefix(200), as: UTF8.self))"]
        }
        return faults(value, ["$ref": "#/$defs/\(message)"], "$")
    }

    private func faults(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
        var faults: [String] = []
        func demand(_ holds: Bool, _ what: String) {
            if !holds { faults.append("\(path): \(what)") }
        }
        for (keyword, rule) in schema {
            switch (keyword, rule) {
            case ("description", _): break
            case ("$ref", let name as String):
                let definition = definitions[String(name.dropFirst("#/$defs/".count))]
                faults += self.faults(value, definition as? [String: Any] ?? ["?": name], path)
            case ("type", let type as String): demand(Self.isA(type, value), "no \(type): \(value)")
            case ("enum", let values as [NSObject]):
                demand(values.contains { $0.isEqual(value) }, "none of \(values): \(value)")
            case ("minLength", let least as Int):
                demand((value as? String)?.count ?? least >= least, "too short")
            case ("pattern", let pattern as String):
                let text = value as? String ?? ""
                demand(
                    text.range(of: pattern, options: .regularExpression) != nil,
                    "`\(text)` is not \(pattern)")
            case ("minimum", let least as NSNumber):
                demand(Self.number(value) >= least.doubleValue, "\(value) < \(least)")
            case ("maximum", let most as NSNumber):
                demand(Self.number(value) <= most.doubleValue, "\(value) > \(most)")
            case ("minItems", let least as Int):
                demand((value as? [Any])?.count ?? 0 >= least, "too few")
            case ("maxItems", let most as Int):
                demand((value as? [Any])?.count ?? 0 <= most, "too many")
            case ("items", let items as [String: Any]):
                for (index, element) in (value as? [Any] ?? []).enumerated() {
                    faults += self.faults(element, items, "\(path)[\(index)]")
                }
            case ("properties", let properties as [String: [String: Any]]):
                for (key, member) in value as? [String: Any] ?? [:] {
                    guard let rule = properties[key] else { continue }
                    faults += self.faults(member, rule, "\(path).\(key)")
                }
            case ("required", let keys as [String]):
                for key in keys {
                    demand((value as? [String: Any])?[key] != nil, "lacks \(key)")
                }
            case ("additionalProperties", false as Bool):
                let known = schema["properties"] as? [String: Any] ?? [:]
                for key in (value as? [String: Any] ?? [:]).keys {
                    demand(known[key] != nil, "has \(key)")
                }
            default: demand(false, "the schema says \(keyword), which nobody here knows")
            }
        }
        return faults
    }

    /// Not a number for what is none: no bound holds.
    private static func number(_ value: Any) -> Double {
        (value as? NSNumber)?.doubleValue ?? .nan
    }

    private static func isA(_ type: String, _ value: Any) -> Bool {
        switch type {
        case "object": value is [String: Any]
        case "array": value is [Any]
        case "string": value is String
        case "boolean": isBool(value)
        case "number": value is NSNumber && !isBool(value)
        case "integer":
            (value as? NSNumber).map { !isBool($0) && $0.doubleValue.rounded() == $0.doubleValue }
                ?? false
        default: false
        }
    }

    /// 1 and true are both `NSNumber`.
    private static func isBool(_ value: Any) -> Bool {
        guard let number = value as? NSNumber else { return false }
        return number.objCType.pointee == CChar(UInt8(ascii: "c"))
            || number === (true as NSNumber) || number === (false as NSNumber)
    }
}
