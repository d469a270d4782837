internal import Records

// The figures as JSON and back, for the checkpoint.

extension Metrics {
    /// Members of an object: `series`, `sessions`, `hours`, `latest`.
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
        json.key("hours")
        json.beginArray()
        for (cell, sum) in summary.hours {
            json.row(cell.group.names, ([cell.hour] + sum.values)[...])
        }
        json.endArray()
        json.key("latest")
        json.beginArray()
        for call in summary.calls.all {
            json.line(call.method == "chat" ? .usage(call) : .call(call))
        }
        for trace in summary.traces.all { json.line(.trace(trace)) }
        json.endArray()
    }

    /// From what `write` wrote; nil for anything else, such as another version's families.
    init?(_ json: JSONValue) {
        self.init()
        guard let series = json["series"], let sessions = json["sessions"]?.array,
            let hours = json["hours"]?.array, let latest = json["latest"]?.array
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
        for row in hours {
            let (names, values) = row.parts
            guard let group = Summary.Group(names), let hour = values.first,
                let sum = Summary.Sum(Array(values.dropFirst()))
            else { return nil }
            summary.restore(Summary.Hour(hour: hour, group: group), sum)
        }
        for line in latest {
            guard let text = line.string,
                case .record(let record)? = try? Record.decode(line: Array(text.utf8).span)
            else { return nil }
            summary.restore(record)
        }
    }
}

extension Summary.Group {
    var names: [String] { [provider, model, server, tool, agent, direction] }

    init?(_ names: [String]) {
        guard names.count == 6 else { return nil }
        self.init(
            provider: names[0], model: names[1], server: names[2], tool: names[3], agent: names[4],
            direction: names[5])
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

    /// A ledger line as a text.
    fileprivate mutating func line(_ record: Record) {
        var bytes: [UInt8] = []
        record.encode(into: &bytes)
        string(String(decoding: bytes.dropLast(), as: UTF8.self))
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
