internal import Records

// What the page shows as JSON and back, for the checkpoint.

extension Summary {
    func write(into json: inout JSONWriter) {
        json.beginObject()
        // A text for all cells of a group, as a tree of the single numbers would be many times the
        // size of what is read from it.
        var sums = [String](repeating: "", count: groups.all.count)
        for (cell, sum) in cells {
            sums[Int(cell.group)] += "\(cell.slot) "
            for value in sum.values { sums[Int(cell.group)] += "\(value) " }
        }
        json.key("groups")
        json.beginArray()
        for (group, sums) in zip(groups.all, sums) {
            json.beginArray()
            for name in group.names { json.string(name) }
            json.string(sums)
            json.endArray()
        }
        json.endArray()
        json.key("policies")
        policies.write(into: &json)
        for (name, records) in [
            ("calls", calls.all), ("turns", turns.all), ("traces", traces.all.map(Record.trace)),
        ] {
            json.key(name)
            json.beginArray()
            for record in records {
                var line: [UInt8] = []
                record.encode(into: &line)
                json.string(String(decoding: line.dropLast(), as: UTF8.self))
            }
            json.endArray()
        }
        json.endObject()
    }

    /// From what `write` wrote; nil for anything else.
    init?(_ json: JSONValue?) {
        self.init()
        guard let json, let groups = json["groups"]?.array,
            let policies = PolicyTally(json["policies"]),
            let calls = Self.records(json["calls"]), let turns = Self.records(json["turns"]),
            let traces = Self.records(json["traces"])
        else { return nil }
        let rows = groups.map { $0.array?.compactMap(\.string) ?? [] }
        // All of them first, in the order they had.
        restore(rows.map { Group(names: $0) })
        let width = 1 + Sum.names.count
        for row in rows {
            guard row.count == 7 else { return nil }
            let words = row[6].split(separator: " ")
            let numbers = words.compactMap { Int64($0) }
            guard numbers.count == words.count, numbers.count.isMultiple(of: width) else {
                return nil
            }
            for start in stride(from: 0, to: numbers.count, by: width) {
                guard let sum = Sum(Array(numbers[(start + 1)..<(start + width)])) else {
                    return nil
                }
                restore(Group(names: row), slot: numbers[start], sum)
            }
        }
        restore(policies)
        for call in calls { restore(call: call) }
        for turn in turns { restore(turn: turn) }
        for case .trace(let trace) in traces { fold(trace) }
    }

    private static func records(_ json: JSONValue?) -> [Record]? {
        guard let lines = json?.array else { return nil }
        var records: [Record] = []
        for line in lines {
            guard let text = line.string,
                case .record(let record)? = try? Record.decode(line: Array(text.utf8).span)
            else { return nil }
            records.append(record)
        }
        return records
    }
}
