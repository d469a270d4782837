/// Reading files that people write, strictly: what is misspelt is found where it stands, and not by
/// its missing effect.
extension JSONReader {
    /// Reads an object's fields.
    ///
    /// - Parameters:
    ///   - place: what the object is, for messages: `a rule`.
    ///   - body: is given each field's name, reads its value, and is false for a field it does not
    ///     know. `tokenOffset` is the name's until it reads.
    /// - Throws: what is wrong, with the innermost field's name; that a field is unknown.
    package mutating func fields(
        of place: String, _ body: (String, inout JSONReader) throws(JSONError) -> Bool
    ) throws(JSONError) {
        try enterObject()
        while try nextKey() {
            let name = try contentString()
            let offset = tokenOffset
            do throws(JSONError) {
                guard try body(name, &self) else {
                    throw self.error("'\(name)' is no field of \(place)", at: offset)
                }
            } catch {
                throw Self.named(error, name)
            }
        }
    }

    /// An error with the field it happened in, the innermost, unless it begins with what it is of.
    private static func named(_ error: JSONError, _ field: String) -> JSONError {
        guard !error.reason.hasPrefix("'") else { return error }
        var error = error
        error.reason = "'\(field)': \(error.reason)"
        return error
    }
}
