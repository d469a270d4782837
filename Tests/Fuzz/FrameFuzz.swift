import Metering
import Policy
import Records

private let value = "new \"model\""

private let argument: ModelArgument = {
    var argument = ModelArgument(of: "ask", profile: nil)
    argument.paths = ["model"].compactMap { FieldPath($0) }
    argument.isKnown = true
    return argument
}()

/// The frame's document without the model, and without the objects that were made for it.
private func rest(_ bytes: [UInt8]) -> JSONValue? {
    guard let value = try? JSONValue(parsing: bytes) else { return nil }
    return dropping(["params", "arguments", "model"], of: value)
}

private func dropping(_ path: ArraySlice<String>, of value: JSONValue) -> JSONValue {
    guard let name = path.first, case .object(var members) = value else { return value }
    members = members.compactMap { member in
        guard member.key == name else { return member }
        if path.count == 1 { return nil }
        let value = dropping(path.dropFirst(), of: member.value)
        return value == .null || value == .object([]) ? nil : JSONValue.Member(name, value)
    }
    return .object(members)
}

private func stop(_ what: String, _ before: [UInt8], _ after: [UInt8]) -> Never {
    fatalError(
        what + "\n" + String(decoding: before, as: UTF8.self) + "\n"
            + String(decoding: after, as: UTF8.self))
}

/// A frame that a model is put into is the same frame but for the model; what is no JSON has no
/// facts, and is not touched.
@_cdecl("LLVMFuzzerTestOneInput")
public func frameFuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    let facts = ContentFacts(argumentsOf: bytes.span)
    let isJSON = (try? JSONValue(parsing: bytes)) != nil
    if isJSON != (facts != nil) { stop("facts of what is no JSON, or none of JSON", bytes, []) }
    if let facts, facts.codeBytes > facts.bytes { stop("more code than text", bytes, []) }
    guard let edited = try? FrameEdit.setModel(value, at: argument, in: bytes.span) else {
        return 0
    }
    let tail = edited.changed.lowerBound + edited.replaced
    if bytes[..<edited.changed.lowerBound] != edited.line[..<edited.changed.lowerBound]
        || bytes[tail...] != edited.line[edited.changed.upperBound...]
    {
        stop("bytes around the model changed", bytes, edited.line)
    }
    guard let before = rest(bytes), let after = rest(edited.line), before == after else {
        stop("the document changed", bytes, edited.line)
    }
    // What was put in is found again.
    guard let again = try? FrameEdit.setModel(value, at: argument, in: edited.line.span),
        again.line == edited.line
    else { stop("the model is not where it was put", bytes, edited.line) }
    return 0
}
