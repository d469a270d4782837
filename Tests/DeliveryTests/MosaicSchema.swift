import Foundation

/// As much of JSON Schema as `examples/mosaic/schema.json` uses. What it does not know it refuses,
/// so that no rule of the schema goes unchecked.
struct MosaicSchema {
    private let root: [String: Any]

    init() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../examples/mosaic/schema.json")
        let value = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
        root = value as? [String: Any] ?? [:]
    }

    /// What is wrong with a JSON text, a line each.
    func complaints(about json: [UInt8]) throws -> [String] {
        let value = try JSONSerialization.jsonObject(with: Data(json))
        return check(value, against: root, at: "")
    }

    private func check(_ value: Any, against schema: [String: Any], at path: String) -> [String] {
        schema.flatMap { rule, wanted -> [String] in
            let holds: Bool
            switch rule {
            case "$schema", "$defs", "title", "description": return []
            case "$ref":
                let name = ((wanted as? String) ?? "").split(separator: "/").last.map(String.init)
                let definitions = root["$defs"] as? [String: Any]
                let target = definitions?[name ?? ""] as? [String: Any]
                return target.map { check(value, against: $0, at: path) } ?? [
                    "\(path): no \(wanted)"
                ]
            case "type":
                let types = wanted as? [String] ?? [wanted as? String ?? ""]
                holds = types.contains(Self.type(of: value))
            case "const": holds = (value as? NSObject) == (wanted as? NSObject)
            case "enum":
                holds = (wanted as? [NSObject] ?? []).contains { $0 == (value as? NSObject) }
            case "pattern":
                let text = value as? String ?? ""
                holds = text.range(of: wanted as? String ?? "", options: .regularExpression) != nil
            case "minimum":
                guard let number = value as? NSNumber, Self.type(of: value) == "integer" else {
                    return []
                }
                holds = number.decimalValue >= ((wanted as? NSNumber)?.decimalValue ?? 0)
            case "maxItems": holds = (value as? [Any])?.count ?? 0 <= (wanted as? Int ?? 0)
            case "required":
                let keys = (value as? [String: Any])?.keys.map { $0 } ?? []
                holds = Set(wanted as? [String] ?? []).isSubset(of: keys)
            case "additionalProperties":
                let known = (schema["properties"] as? [String: Any])?.keys.map { $0 } ?? []
                holds = Set((value as? [String: Any])?.keys.map { $0 } ?? []).isSubset(of: known)
            case "properties":
                return (wanted as? [String: Any] ?? [:]).flatMap { key, schema -> [String] in
                    guard let member = (value as? [String: Any])?[key] else { return [] }
                    return check(
                        member, against: schema as? [String: Any] ?? [:], at: "\(path)/\(key)")
                }
            default: return ["\(path): the schema has a rule that is not known here, \(rule)"]
            }
            return holds ? [] : ["\(path): \(value) breaks \(rule) \(wanted)"]
        }
    }

    private static func type(of value: Any) -> String {
        switch value {
        case is NSNull: return "null"
        case is String: return "string"
        case is [Any]: return "array"
        case is [String: Any]: return "object"
        case let number as NSNumber:
            if isBoolean(number) { return "boolean" }
            return number.doubleValue.rounded() == number.doubleValue ? "integer" : "number"
        default: return "unknown"
        }
    }

    private static func isBoolean(_ number: NSNumber) -> Bool {
        String(cString: number.objCType) == "c"
    }
}
