internal import Records

/// Sessions that live, and requests that are under way in them.
struct Flight: Sendable {
    struct Session: Sendable, Equatable {
        var server: String
        var pid: Int
        var requests: Set<String> = []
    }

    /// By the session's id.
    private(set) var sessions: [String: Session] = [:]
    /// The session of each request under way.
    private(set) var requests: [String: String] = [:]

    mutating func started(_ session: SessionRecord) {
        sessions[session.id] = Session(server: session.server ?? "", pid: session.pid)
    }

    mutating func ended(_ id: String) {
        for request in sessions.removeValue(forKey: id)?.requests ?? [] { requests[request] = nil }
    }

    mutating func begin(_ begin: BeginRecord) {
        guard sessions[begin.session] != nil else { return }
        sessions[begin.session]?.requests.insert(begin.id)
        requests[begin.id] = begin.session
    }

    mutating func end(_ id: String) {
        guard let session = requests.removeValue(forKey: id) else { return }
        sessions[session]?.requests.remove(id)
    }

    /// Forgets sessions whose relay is gone without having said so.
    ///
    /// - Returns: how many requests each of their servers never answered.
    mutating func bury(except alive: Set<Int>) -> [(server: String, lost: Int)] {
        let dead = sessions.filter { !alive.contains($0.value.pid) }
        for id in dead.keys { ended(id) }
        return dead.values.map { ($0.server, $0.requests.count) }
    }

    /// Puts back what was saved.
    mutating func restore(_ id: String, _ session: Session) {
        sessions[id] = session
        for request in session.requests { requests[request] = id }
    }
}
