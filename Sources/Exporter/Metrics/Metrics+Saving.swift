internal import Records

// The figures as JSON and back, for the checkpoint.

extension Metrics {
    /// Members of an object: `series`, `sessions`, `limits`, `summary`.
    func write(into json: inout JSONWriter) {
        json.key("series")
        json.beginObject()
        for table in tables {
            json.key(table.family.name)
            json.beginArray()
            for (number, labels) in table.keys.enumerated() {
                json.row(labels, table.values(of: number))
            }
            json.endArray()
        }
        json.endObject()
        json.key("sessions")
        json.beginArray()
        for (id, session) in flight.sessions {
            json.row([id, session.server, String(session.pid)] + session.requests, [])
        }
        json.endArray()
        json.key("limits")
        json.beginArray()
        for row in limits.rows { json.row(row.names, row.numbers[...]) }
        json.endArray()
        json.key("summary")
        summary.write(into: &json)
    }

    /// From what `write` wrote; nil for anything else, such as another version's families.
    init?(_ json: JSONValue) {
        self.init()
        guard let series = json["series"], let sessions = json["sessions"]?.array,
            let limits = json["limits"]?.array, let summary = Summary(json["summary"])
        else { return nil }
        for place in tables.indices {
            let family = tables[place].family
            guard let rows = series[family.name]?.array else { return nil }
            for row in rows {
                let (labels, values) = row.parts
                guard tables[place].restore(labels, values) else { return nil }
            }
        }
        for row in sessions {
            let (names, _) = row.parts
            guard names.count >= 3, let pid = Int(names[2]) else { return nil }
            let requests = Set(names.dropFirst(3))
            flight.restore(
                names[0], Flight.Session(server: names[1], pid: pid, requests: requests))
        }
        savedLimits = limits.map { row in
            let (names, numbers) = row.parts
            return (names, numbers)
        }
        self.summary = summary
    }
}

extension JSONWriter {
    /// Texts, then whole numbers, in one array.
    fileprivate mutating func row(_ texts: [String], _ numbers: ArraySlice<Int64>) {
        beginArray()
        for text in texts { string(text) }
        for value in numbers { number(value) }
        endArray()
    }
}

extension JSONValue {
    /// What `row` wrote.
    fileprivate var parts: ([String], [Int64]) {
        let items = array ?? []
        let texts = items.prefix { $0.string != nil }.compactMap(\.string)
        return (texts, items.dropFirst(texts.count).compactMap(\.int64))
    }
}
