internal import Records

extension ContentFacts {
    /// Reads the arguments of a `tools/call`, in one pass and without keeping any of it; nil for a
    /// frame that is no well-formed JSON.
    package init?(argumentsOf line: Span<UInt8>) {
        var reading = ContentReading(scanner: ContentScanner())
        do throws(JSONError) {
            try JSONReader.read(line) { (reader) throws(JSONError) in
                guard try reader.peek() == .object else { return try reader.skip() }
                try reading.follow(["params", "arguments"], &reader)
            }
        } catch {
            return nil
        }
        self = reading.scanner.facts
    }
}

/// A walk through a frame's arguments.
private struct ContentReading {
    var scanner: ContentScanner

    /// Goes down a path of keys and reads what is at its end.
    mutating func follow(
        _ path: ArraySlice<StaticString>, _ reader: inout JSONReader
    ) throws(JSONError) {
        guard let name = path.first else { return try value(&reader, isFile: false) }
        guard try reader.peek() == .object else { return try reader.skip() }
        try reader.enterObject()
        while try reader.nextKey() {
            if try reader.contentEquals(name) {
                try follow(path.dropFirst(), &reader)
            } else {
                try reader.skip()
            }
        }
    }

    /// - Parameter isFile: texts here name files.
    private mutating func value(
        _ reader: inout JSONReader, isFile: Bool
    ) throws(JSONError) {
        switch try reader.peek() {
        case .string:
            try reader.stringContent()
            reader.withRawContent { bytes in
                if !isFile {
                    scanner.feed(escaped: bytes)
                } else if !bytes.isEmpty {
                    scanner.countFile()
                }
            }
        case .array:
            try reader.enterArray()
            while try reader.nextElement() { try value(&reader, isFile: isFile) }
        case .object:
            try reader.enterObject()
            while try reader.nextKey() {
                let isFile = try Self.isFileKey(&reader)
                try value(&reader, isFile: isFile)
            }
        case .null, .bool, .number: try reader.skip()
        }
    }

    /// Names of arguments that hold a path or several, as servers call them.
    private static let fileKeys: [StaticString] = [
        "file", "files", "path", "paths", "filename", "filenames", "file_path", "file_paths",
        "filePath", "filePaths", "absolute_file_paths", "relevant_files", "relevantFiles",
        "files_checked", "images", "image_path", "imagePath", "context_files",
    ]

    private static func isFileKey(_ reader: inout JSONReader) throws(JSONError) -> Bool {
        for key in fileKeys where try reader.contentEquals(key) { return true }
        return false
    }
}
