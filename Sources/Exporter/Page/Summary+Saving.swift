internal import Records

// What the page shows as JSON and back, for the checkpoint.

extension Summary {
    func write(into json: inout JSONWriter) {
        json.beginObject()
        json.key("groups")
        json.beginArray()
        for group in groups.all {
            json.beginArray()
            for name in group.names { json.string(name) }
            json.endArray()
        }
        json.endArray()
        json.key("cells")
        json.beginArray()
        for (cell, sum) in cells {
            json.beginArray()
            json.number(cell.slot)
            json.number(Int64(cell.group))
            for value in sum.values { json.number(value) }
            json.endArray()
        }
        json.endArray()
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
        guard let json, let groups = json["groups"]?.array, let cells = json["cells"]?.array,
            let calls = Self.records(json["calls"]), let turns = Self.records(json["turns"]),
            let traces = Self.records(json["traces"])
        else { return nil }
        let known = groups.map { Group(names: $0.array?.compactMap(\.string) ?? []) }
        restore(known)
        for row in cells {
            let values = row.array?.compactMap(\.int64) ?? []
            guard values.count > 2, let place = Int(exactly: values[1]),
                known.indices.contains(place), let sum = Sum(Array(values[2...]))
            else { return nil }
            restore(known[place], slot: values[0], sum)
        }
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
