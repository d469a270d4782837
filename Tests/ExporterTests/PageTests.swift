import Foundation
import Records
import Testing

@testable import Exporter

struct PageTests {
    private let html = String(decoding: Page.html, as: UTF8.self)

    /// What stands in the one element of that name.
    private func content(of name: String) throws -> String {
        let parts = html.components(separatedBy: "<\(name)>")
        #expect(parts.count == 2)
        return try #require(parts.last?.components(separatedBy: "</\(name)>").first)
    }

    @Test func `the policy's hashes are those of the style and the script that are sent`() throws {
        for (name, hash) in [("style", Page.styleHash), ("script", Page.scriptHash)] {
            let content = try content(of: name)
            #expect(content.utf8.count > 1_000)
            #expect(hash == Data(SHA256.hash(Array(content.utf8))).base64EncodedString(), "\(name)")
        }
    }

    @Test func `it asks for nothing from outside, and is small`() {
        #expect(Page.html.count < 64 << 10)
        let own = html.replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "")
        for word in ["http://", "https://", "//cdn", "@import", "url(", "<link rel=\"style"] {
            #expect(!own.contains(word), "\(word)")
        }
        #expect(!html.contains(" style=\"") && !html.contains(" onclick="))
    }

    @Test func `the page's data has the shape the script reads`() throws {
        let now = Timestamp(microseconds: 1_795_255_200_000_000)
        var summary = Summary(now: { now.microseconds })
        summary.fold(Make.call("1"))
        summary.fold(
            Make.call("2") {
                $0.direction = .client
                $0.usage?.source = .estimated
            }, isUsage: true)
        summary.fold(Make.trace("t"))
        let span = try #require(
            PageData.Span(query: "hours=1795251600,1795255200,1795258800", now: now))
        let bytes = PageData.summary(
            summary, span, sessions: 2, inFlight: 1, isReady: false, version: "9")
        let json = try JSONValue(parsing: bytes)
        #expect(json["version"]?.string == "9")
        #expect(json["ready"]?.bool == false)
        #expect(json["sessions_active"]?.int64 == 2)
        #expect(json["calls_in_flight"]?.int64 == 1)
        #expect(json["columns"]?.array?.compactMap(\.string) == Summary.Sum.names)
        #expect(json["days"]?.array?.count == 31)
        #expect(json["hours"]?.array?.count == 3)
        let model = json["models"]?.array?.first
        #expect(model?["provider"]?.string == "google")
        let row: [Int64] = [2, 0, 2_600, 1_300, 5_000_002, 2_500_001, 0]
        #expect(model?["hours"]?.array?.first?.array?.compactMap(\.int64) == [1] + row)
        #expect(model?["days"]?.array?.first?.array?.compactMap(\.int64) == [29] + row)
        #expect(json["tools"]?.array?.count == 2)
        #expect(json["agents"]?.array?.first?["sum"]?.array?.compactMap(\.int64) == row)
        #expect(json["escalations"]?.array?.first?["kind"]?.string == "trace")
        let id = String(repeating: "a", count: 32)
        #expect(json["estimated_traces"]?.array?.compactMap(\.string) == [id])
    }

    @Test func `calls come newest first, those of a trace alone when it is named`() throws {
        var summary = Summary()
        for number in 0..<10 {
            let trace = String(repeating: "\(number % 2)", count: 32)
            summary.fold(
                Make.call("\(number)", model: number < 8 ? "m" : nil) { $0.traceID = trace },
                isUsage: number == 3)
        }
        let ids = { (limit: Int, trace: String?) in
            let json = try JSONValue(
                parsing: PageData.calls(summary, limit: limit, trace: trace))
            return json["calls"]?.array?.compactMap { $0["id"]?.string }
        }
        #expect(try ids(3, nil) == ["9", "8", "7"])
        // Of a trace only what used a model.
        #expect(try ids(500, String(repeating: "1", count: 32)) == ["7", "5", "3", "1"])
        #expect(try ids(500, "none") == [])
        let json = try JSONValue(
            parsing: PageData.calls(summary, limit: 500, trace: String(repeating: "1", count: 32)))
        #expect(
            json["calls"]?.array?.compactMap { $0["kind"]?.string }
                == ["call", "call", "usage", "call"])
    }

    @Test func `days and hours that break the rule are refused`() {
        let now = Timestamp(microseconds: 1_795_255_200_000_000)
        for query in [
            "days", "days=", "days=1", "days=2,1", "days=1,x", "hours=1,2,", "hours=-5,5",
        ] {
            #expect(PageData.Span(query: query, now: now) == nil, "\(query)")
        }
        #expect(PageData.Span(query: "other=1&days=0,900", now: now)?.days.bounds == [0, 900])
    }
}
