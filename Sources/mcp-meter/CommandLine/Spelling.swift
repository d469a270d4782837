/// Words that are nearly right.
enum Spelling {
    /// ` Did you mean …?` for a word that is nearly one of the known ones, else nothing.
    static func suggestion(_ word: String, _ known: [String]) -> String {
        nearest(word, known).map { " Did you mean `\($0)`?" } ?? ""
    }

    /// The known word that is most likely meant: one slip away, two in longer words; or the only
    /// one that begins like it.
    static func nearest(_ word: String, _ known: [String]) -> String? {
        let typed = bare(word)
        guard !typed.isEmpty, typed.utf8.count <= 64 else { return nil }
        let near = known.map { (name: $0, slips: distance(typed, bare($0))) }
            .filter { $0.slips <= (min(typed.utf8.count, bare($0.name).utf8.count) < 7 ? 1 : 2) }
            .min { $0.slips < $1.slips }
        if let near { return near.name }
        let longer = known.filter { bare($0).hasPrefix(typed) }
        return longer.count == 1 && typed.utf8.count >= 3 ? longer.first : nil
    }

    /// Dashes left out: `json` is `--json`.
    private static func bare(_ word: String) -> String {
        String(word.drop { $0 == "-" }).lowercased()
    }

    /// How many letters must be put in, left out, changed or exchanged with their neighbour to get
    /// from one word to the other (the optimal string alignment distance).
    static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a.utf8)
        let b = Array(b.utf8)
        var before = [Int](repeating: 0, count: b.count + 1)
        var row = Array(0...b.count)
        for i in a.indices {
            var next = [Int](repeating: i + 1, count: b.count + 1)
            for j in b.indices {
                var least = min(next[j], row[j + 1]) + 1
                least = min(least, row[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    least = min(least, before[j - 1] + 1)
                }
                next[j + 1] = least
            }
            before = row
            row = next
        }
        return row[b.count]
    }
}
