package import Wire

/// The scanner's twin: slow and obvious, the oracle of the scanner's tests.
///
/// Goes through a whole line at once, builds a tree and takes out of it what is not worth keeping.
/// What to do with the value of a key is `Rule`'s to say; what follows is everything else that
/// scanner and twin must agree on.
///
/// **Lines.** Messages are split at newlines. Blank lines are nothing. A line that starts with `{`
/// is a message; `[` opens a batch, whose objects are messages of their own and whose other
/// elements are malformed, each as it begins. A message is given out when its object closes; a line that
/// goes on with anything but blanks, or that is anything else, or that breaks the grammar, is
/// malformed, once, and passed over; the messages it had given out stay. The last line needs no
/// newline.
///
/// **Passing over.** Of a value nobody asked for only the strings, their backslashes (each takes
/// the next byte along) and the number of open brackets (either kind) matter; of a number or
/// literal only its end: a comma, a closing bracket, a blank. So `[DONE]` is an array; but there
/// must be at least one byte of it, and the first must be no colon.
///
/// **Looking at.** Everywhere else, keys included, the grammar of RFC 8259 holds, except that
/// strings may hold control characters and any bytes above 0x7F. A surrogate on its
/// own is U+FFFD. At most `Limits.depthMax` containers may be open, counted from the message's
/// object, and anew from each document of a text. A scalar that is kept is checked; one that is
/// passed over is not. A number of more than 64 bytes is checked but not kept.
///
/// **Keys** are looked up decoded; one longer than `Vocabulary.spellingBytesMax` is unknown, and not
/// like a prompt. The children of `models` and `inputResponses` are `.named`, whatever their key;
/// passed over if it is longer.
///
/// **Arrays.** An element that is an array is passed over, except in counted containers. An array
/// of documents, content, model names or usage keeps its first `Limits.repeatsMax` elements that
/// have something in them, and the last such; so does a text with its documents. The element that
/// stops being the last is taken out with all below it; the sizes of texts that go this way end in
/// `uncountedTextSize`.
///
/// **Empty containers** are not kept, except `params`, `result` and `error` of the message and
/// `params.arguments`. A tool is kept only for what its `model` property says.
///
/// **Counting.** The strings inside a counted container go where the container itself is counted.
/// `.answer` goes to the text whose document it is in, else to `structuredSize`; any counted string
/// there, even an empty one, is an answer. An argument that is base64 (`Limits.base64BytesMin` bytes
/// or more of it) or a `data:` URL (`;base64,` in its first 128 bytes) is not counted. There is a
/// prompt argument if a prompt-like key of `params.arguments` has a container that is looked into,
/// whatever is in it, or a string that counts something. Bytes that are no UTF-8 count as `other`, each.
///
/// **Texts.** The node's value is the beginning. Blanks aside, a text that begins with a bracket is
/// JSON: one document, or several with a newline between each two. One that begins with `data:`,
/// `event:`, `id:` or `:` is events, if what follows `data:` and an optional space is one document,
/// blanks around it, in at least one line; other lines do not matter. Every other text is prose, has
/// no documents and no answer, but a tail: a string child with the key `.text`. Documents are read
/// like the rest of the message and may hold anything but texts; one of which only a `type` would
/// be kept is not kept. A line that starts with three backquotes, behind three spaces at most, opens
/// or closes a fence, whatever the text is.
///
/// **Limits** of a whole sketch (`nodesMax`, `arenaBytesMax`) are not the twin's.
package enum NaiveScanner {
    /// Scans all the bytes of one direction.
    ///
    /// - Returns: the messages in the order of their ends, and how many lines or batch elements
    ///   were malformed. The stamps of a message are the offsets of its first and last byte.
    package static func scan(
        _ bytes: [UInt8], vocabulary: Vocabulary = Vocabulary()
    ) -> (messages: [Observation], malformed: Int) {
        var messages: [Observation] = []
        var malformed = 0
        var offset = 0
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            let cursor = Cursor(Array(line))
            func message(isInBatch: Bool) throws {
                let first = offset + cursor.at
                var parts = try Reader(cursor, vocabulary).message()
                parts.isInBatch = isInBatch
                parts.firstStamp = UInt64(first)
                parts.lastStamp = UInt64(offset + cursor.at - 1)
                messages.append(Observation(parts))
            }
            do {
                cursor.skipBlanks()
                if cursor.isAtObject {
                    try message(isInBatch: false)
                } else if cursor.isAtArray {
                    try cursor.elements {
                        if cursor.isAtObject { return try message(isInBatch: true) }
                        if cursor.isAtEnd { throw Malformed() }
                        malformed += 1
                        try cursor.skipValue()
                    }
                }
                cursor.skipBlanks()
                if !cursor.isAtEnd { throw Malformed() }
            } catch {
                malformed += 1
            }
            offset += line.count + 1
        }
        return (messages, malformed)
    }
}
