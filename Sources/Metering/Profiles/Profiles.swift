internal import Records

/// The built-in profiles, and how a server finds its own.
package enum Profiles {
    /// The first profile one of the names belongs to; earlier names count more.
    static func find(_ names: [String], in profiles: [Profile]) -> Profile? {
        for name in names {
            let wanted = name.lowercased()
            for profile in profiles where profile.servers.contains(where: { $0 == wanted }) {
                return profile
            }
        }
        return nil
    }

    /// The built-in profile of a server: only the rows that might be its are read.
    ///
    /// Rows are tested (they are read in `ProfilesTests`), so that an unreadable one, which is
    /// passed over here, does not ship.
    static func builtIn(_ names: [String]) -> Profile? {
        for name in names {
            let quoted = Array("\"\(name.lowercased())\"".utf8)
            for row in rows where contains(row, quoted) {
                let profiles = (try? ProfileFile.read(bytes(of: row))) ?? []
                if let found = find([name], in: profiles) { return found }
            }
        }
        return nil
    }

    /// Whether a server of this name is described, by one of these or built in.
    package static func know(_ server: String, own: [Profile]) -> Bool {
        find([server], in: own) != nil || builtIn([server]) != nil
    }

    /// The text of every built-in row.
    package static var builtInTexts: [String] { rows.map { String(describing: $0) } }

    private static func bytes(of row: StaticString) -> [UInt8] {
        row.withUTF8Buffer { Array($0) }
    }

    private static func contains(_ row: StaticString, _ wanted: [UInt8]) -> Bool {
        row.withUTF8Buffer { text in
            guard let first = wanted.first, text.count >= wanted.count else { return false }
            for start in 0...(text.count - wanted.count) where text[start] == first {
                if text[start..<(start + wanted.count)].elementsEqual(wanted) { return true }
            }
            return false
        }
    }
}
