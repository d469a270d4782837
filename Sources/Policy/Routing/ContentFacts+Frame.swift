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

extension ContentScanner {
    /// One text: the bytes between the quotes of a well-formed JSON string.
    mutating func feed(escaped text: UnsafeBufferPointer<UInt8>) {
        var index = 0
        let count = text.count
        while index < count {
            index = feedLetters(text, index)
            index = feedThreeBytes(text, index)
            guard index < count else { break }
            let byte = text[index]
            index &+= 1
            if byte != UInt8(ascii: "\\") {
                feed(byte)
                continue
            }
            guard index < count else { break }
            let escape = text[index]
            index &+= 1
            switch escape {
            case UInt8(ascii: "n"): feed(0x0A)
            case UInt8(ascii: "r"): break
            case UInt8(ascii: "t"): feed(0x09)
            case UInt8(ascii: "b"), UInt8(ascii: "f"): feed(0x20)
            case UInt8(ascii: "u"): feed(scalar: Self.scalar(text, &index))
            default: feed(escape)
            }
        }
        endText()
    }

    private mutating func feed(scalar: UInt32) {
        func tail(_ shift: UInt32) -> UInt8 {
            UInt8(truncatingIfNeeded: 0x80 | scalar >> shift & 0x3F)
        }
        switch scalar {
        case 0..<0x80: feed(UInt8(truncatingIfNeeded: scalar))
        case 0x80..<0x800:
            feed(UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6))
            feed(tail(0))
        case 0x800..<0x10000:
            feed(UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12))
            feed(tail(6))
            feed(tail(0))
        default:
            feed(UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18 & 7))
            feed(tail(12))
            feed(tail(6))
            feed(tail(0))
        }
    }

    /// `\uXXXX`, its digits to come, with the second half of a pair where it is the first.
    private static func scalar(
        _ text: UnsafeBufferPointer<UInt8>, _ index: inout Int
    ) -> UInt32 {
        let unit = hexadecimal(text, &index)
        guard unit & 0xFC00 == 0xD800, index &+ 6 <= text.count,
            text[index] == UInt8(ascii: "\\"), text[index &+ 1] == UInt8(ascii: "u")
        else { return unit }
        var next = index &+ 2
        let low = hexadecimal(text, &next)
        guard low & 0xFC00 == 0xDC00 else { return unit }
        index = next
        return 0x10000 &+ ((unit & 0x3FF) << 10) &+ (low & 0x3FF)
    }

    private static func hexadecimal(
        _ text: UnsafeBufferPointer<UInt8>, _ index: inout Int
    ) -> UInt32 {
        var value: UInt32 = 0
        for digit in text[index..<min(index &+ 4, text.count)] {
            let nibble = digit <= UInt8(ascii: "9") ? digit & 15 : (digit & 15) &+ 9
            value = value << 4 | UInt32(nibble & 15)
        }
        index = min(index &+ 4, text.count)
        return value
    }
}
