import Foundation
import Ledger
import Posix
import Records
import Reports
import Synchronization

@testable import Policy

/// 2026-11-21T10:00:00Z, a Saturday, in microseconds since 1970.
let morning: Int64 = 1_795_255_200_000_000
let minute: Int64 = 60_000_000
let hour: Int64 = 60 * minute
let dollar: Int64 = 1_000_000_000

/// A machine of a test's own: a ledger, a clock, and as many relays as it likes. Gone with the
/// value.
final class Machine: Sendable {
    let directory: LedgerDirectory
    let complaints = Mutex<[String]>([])
    private let time: Mutex<Int64>
    private let number = Mutex<UInt64>(0)
    private let elapsed = Mutex<UInt64>(1_000_000_000)

    init(at start: Int64 = morning) {
        let path = FileManager.default.temporaryDirectory.path + "/policy-" + UUID().uuidString
        directory = LedgerDirectory(state: path)
        time = Mutex(start)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory.state) }

    var now: Int64 {
        get { time.withLock { $0 } }
        set { time.withLock { $0 = newValue } }
    }

    /// Monotonic nanoseconds.
    var ticks: UInt64 { elapsed.withLock { $0 } }

    /// Lets so much time pass, for those who measure it, as it takes until what nobody tells of is
    /// looked for again.
    func elapse() { elapsed.withLock { $0 += Standing.trustNanoseconds } }

    /// Another number each time.
    func next() -> UInt64 {
        number.withLock { number in
            number += 1
            return number
        }
    }

    func accounts(
        _ rules: AccountRules, zone: Zone = .utc, oracle: (any BudgetOracle)? = nil,
        isForgetful: Bool = false
    ) -> Accounts {
        let accounts = Accounts(
            rules, in: directory, session: "session-\(next())", prices: { nil }, oracle: oracle,
            calendar: { Calendar(zone) }, clock: { self.now },

            ticks: { isForgetful ? self.next() * Standing.trustNanoseconds : self.ticks },
            complain: { line in self.complaints.withLock { $0.append(line) } })
        accounts.start()
        return accounts
    }

    /// - Parameter isForgetful: whether it looks at all files for each call.
    func relay(
        _ budgets: String? = nil, action: BudgetAction = .block, limits: String? = nil,
        _ limitAction: LimitAction = .block, zone: Zone = .utc, isForgetful: Bool = false
    ) throws -> Relay {
        Relay(
            self,
            accounts(
                AccountRules(
                    budgets: budgets.flatMap { Budget.parse($0).budgets } ?? [],
                    budgetAction: action,
                    limits: try limits.map { try RateLimit.list($0) } ?? [],
                    limitAction: limitAction), zone: zone, isForgetful: isForgetful))
    }

    func request(
        model: String? = "gemini-2.5-pro", agent: String? = nil, tool: String = "ask"
    ) -> PolicyRequest {
        let id = UUIDText.string(UInt64(now / 1_000) << 16 | 0x7000, 1 << 63 | next())
        var request = PolicyRequest(
            id: id, time: Timestamp(microseconds: now), tool: tool, mayUseModel: true,
            inputTokens: 1_000)
        request.server = "gemini"
        request.provider = "google"
        request.model = model
        request.agentID = agent
        return request
    }

    func record(
        _ request: PolicyRequest, cost: Int64?, outcome: CallRecord.Outcome = .ok
    ) -> CallRecord {
        var call = CallRecord(
            id: request.id, time: request.time, durationMilliseconds: 100, session: "s",
            direction: .clientToServer, method: "tools/call", requestID: .number("1"),
            outcome: outcome, traceID: "t", spanID: "p", requestBytes: 1)
        call.server = request.server
        call.tool = request.tool
        call.provider = request.provider
        call.model = request.model
        call.agentID = request.agentID
        call.usage = TokenUsage(source: .reported, input: 1_000, output: 500)
        call.cost = Cost(source: cost == nil ? .unpriced : .priced, nanodollars: cost)
        return call
    }
}

/// A relay on a machine: its accounts, and the ledger file it writes.
final class Relay {
    let machine: Machine
    let accounts: Accounts
    private var writer: LedgerWriter

    init(_ machine: Machine, _ accounts: Accounts) {
        self.machine = machine
        self.accounts = accounts
        writer = LedgerWriter(machine.directory)
    }

    /// Writes records that nobody is told of, as an import does.
    func write(_ records: [Record]) throws {
        try append(records)
        machine.elapse()
    }

    private func append(_ records: [Record]) throws {
        for record in records {
            try writer.append(record, at: Timestamp(microseconds: machine.now))
        }
    }

    /// Ends a call that was let through.
    func end(_ request: PolicyRequest, cost: Int64?) throws {
        let record = Record.call(machine.record(request, cost: cost))
        try append([record])
        accounts.settle([record])
    }

    /// A whole call.
    @discardableResult
    func call(
        _ request: PolicyRequest? = nil, cost: Int64?
    ) throws -> Admission {
        let request = request ?? machine.request()
        let admission = accounts.admit(request, waited: 0)
        try append(admission.marks.map { .mark($0) })
        if admission.isAdmitted { try end(request, cost: cost) }
        return admission
    }

    func admit(_ request: PolicyRequest, waited: Double = 0) -> Admission {
        accounts.admit(request, waited: waited)
    }
}

extension Admission {
    var isAdmitted: Bool { if case .admitted = self { true } else { false } }
    var marks: [MarkRecord] {
        switch self {
        case .admitted(_, let marks), .refused(_, _, let marks): marks
        case .wait: []
        }
    }
    var note: PolicyNote? {
        switch self {
        case .admitted(let note, _): note
        case .refused(let note, _, _), .wait(_, let note): note
        }
    }
    var text: String? { if case .refused(_, let text, _) = self { text } else { nil } }
    var until: Int64? { if case .wait(let until, _) = self { until.microseconds } else { nil } }
}
