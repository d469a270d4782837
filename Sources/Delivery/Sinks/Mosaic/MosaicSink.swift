package import Records

/// Task completions for Mosaic's telemetry, over HTTP or as lines of a file.
///
/// The fields of an event are public, how they are taken in is not: the path, the envelope
/// `{"events": […]}` and the bearer token are assumptions, and the path can be set. No
/// compatibility on the wire is claimed; the file has nothing to assume.
package struct MosaicSink: Sink {
    enum Target: Sendable, Equatable {
        /// Where to post, and the API key.
        case server(url: String, key: String)
        /// `FileTransport`'s URL.
        case file(url: String)
    }

    package let destination: Destination
    package let batch: BatchLimits
    let instanceID: String
    let target: Target

    package func wants(_ record: Record) -> Bool { ModelCalls.call(of: record) != nil }

    package mutating func messages(for records: [Record]) -> [Message] {
        let events = records.map { TaskCompletionEvent($0, instanceID: instanceID) }
        let carried = events.indices.filter { events[$0] != nil }
        guard !carried.isEmpty else { return [] }
        var json = JSONWriter()
        let request: HTTPRequest
        switch target {
        case .server(let url, let key):
            json.beginObject()
            json.key("events")
            json.beginArray()
            for event in events { event?.encode(into: &json) }
            json.endArray()
            json.endObject()
            request = HTTPRequest(
                url: url,
                headers: [
                    ("Content-Type", "application/json"), ("Authorization", "Bearer " + key),
                ], body: json.finish())
        case .file(let url):
            for event in events {
                guard let event else { continue }
                event.encode(into: &json)
                json.newline()
            }
            request = HTTPRequest(
                url: url, headers: [("Content-Type", "application/x-ndjson")], body: json.finish())
        }
        return [Message(request, records: carried)]
    }
}
