import Records
import Testing

@testable import Metering

struct IdentifierTests {
    @Test func `call ids are UUIDv7 of their moment`() throws {
        var source = IdentifierSource(seed: (0, 0))
        let id = source.callID(at: Timestamp(microseconds: 0x0199_0a0b_0c0d * 1000))
        #expect(id.hasPrefix("01990a0b-0c0d-7"))
        #expect(id.wholeMatch(of: /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/) != nil)
        let variant = try #require(id.split(separator: "-").dropFirst(3).first?.first)
        #expect("89ab".contains(variant))
    }

    @Test func `a derived id is the same every time, sorts with its call and is a UUIDv8`() {
        let id = "01990a0b-0c0d-7abc-8def-0123456789ab"
        let parts = (1...50).map { DerivedID.make(from: id, purpose: "part", index: $0) }
        #expect(parts == (1...50).map { DerivedID.make(from: id, purpose: "part", index: $0) })
        #expect(Set(parts).count == 50)
        for part in parts {
            #expect(part.hasPrefix("01990a0b-0c0d-8"))
            #expect(part.count == 36)
        }
        #expect(DerivedID.make(from: "no uuid", purpose: "part", index: 1).count == 36)
        #expect(DerivedID.make(from: id, purpose: "sampling", index: 1) != parts[0])
    }

    @Test func `ids do not repeat`() {
        var source = IdentifierSource(seed: (3, 4))
        let spans = (0..<10_000).map { _ in source.spanID() }
        #expect(Set(spans).count == spans.count)
        #expect(spans.allSatisfy { $0.count == 16 })
        #expect(source.traceID().count == 32)
    }

    static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    static let span = "00f067aa0ba902b7"

    @Test(arguments: [
        "00-\(trace)-\(span)-01", "00-\(trace)-\(span)-00", "cc-\(trace)-\(span)-01",
        "cc-\(trace)-\(span)-01-what-ever",
    ])
    func `traceparent is read`(header: String) {
        let context = TraceContext(traceparent: header)
        #expect(context?.traceID == Self.trace)
        #expect(context?.parentSpanID == Self.span)
    }

    @Test(arguments: [
        "", "00", "00-\(trace)-\(span)", "ff-\(trace)-\(span)-01", "00-\(trace)-\(span)-01-x",
        "00-00000000000000000000000000000000-\(span)-01", "00-\(trace)-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-\(span)-01", "0-\(trace)-\(span)-01",
        "00-\(trace)-\(span)-1", "00-\(trace)-\(span)-0g", " 00-\(trace)-\(span)-01",
        "00-\(trace)x-\(span)-01", "00_\(trace)_\(span)_01",
    ])
    func `a bad traceparent is none`(header: String) {
        #expect(TraceContext(traceparent: header) == nil)
    }

    @Test func `a clock counts both ways and never traps`() {
        let clock = SessionClock(
            wall: Timestamp(microseconds: 1_000_000), monotonic: 5_000_000_000)
        #expect(clock.time(at: 5_000_002_000).microseconds == 1_000_002)
        #expect(clock.time(at: 4_999_000_000).microseconds == 999_000)
        let edge = SessionClock(wall: Timestamp(microseconds: .max), monotonic: 0)
        #expect(edge.time(at: .max).microseconds == .max)
        #expect(SessionClock.milliseconds(from: 9, to: 3) == 0)
    }
}
