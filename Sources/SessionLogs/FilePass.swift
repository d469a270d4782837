import Ledger
import Records

/// What one reading of one file does with its messages.
struct FilePass {
    private let options: LogImporter.Options
    /// No more is to be expected of the file: its last message is settled too.
    private let isFinal: Bool
    /// Nobody goes on with it: nor does its last message wait for its tools. While it does, the
    /// relay of such a tool may be about to record it as part of an escalation.
    private let isAbandoned: Bool
    private var window: MessageWindow
    private var output = LogOutput()
    var counts = ImportSummary.Counts()
    private(set) var failure: LedgerError?
    /// Where the first line of a message begins that is not settled yet.
    private(set) var firstHeld: UInt64?
    var overlong = 0

    init(options: LogImporter.Options, isFinal: Bool, isAbandoned: Bool, client: LogClient) {
        self.options = options
        self.isFinal = isFinal
        self.isAbandoned = isAbandoned
        let capacity =
            switch client {
            case .claudeCode: LogLimits.heldMessages
            case .gemini: LogLimits.heldMessagesLastWins
            case .codex, .grok: 0
            }
        window = MessageWindow(capacity: capacity)
    }

    /// Shows a line, or what else gives messages, to a reader and takes them.
    @inline(__always)
    mutating func take(_ feed: inout LedgerFeed, _ read: (inout LogOutput) -> Void) {
        guard failure == nil else { return }
        read(&output)
        guard !output.messages.isEmpty else { return }
        takeMessages(&feed)
    }

    private mutating func takeMessages(_ feed: inout LedgerFeed) {
        for (var message, offset) in output.messages {
            if let since = options.since, message.time < since {
                output.skip(.old)
                continue
            }
            message.clip()
            if let settled = window.add(message, at: offset) { write(settled, &feed) }
        }
        output.messages.removeAll(keepingCapacity: true)
    }

    /// The file has no more lines, for now.
    ///
    /// - Parameter isWaiting: its reader keeps something back.
    mutating func end(_ feed: inout LedgerFeed, isWaiting: Bool) {
        var settled: [LoggedMessage] = []
        let (isFinal, isAbandoned) = (isFinal, isAbandoned)
        firstHeld = window.release(where: { message, isLast in
            !isLast || isFinal && (isAbandoned || !message.isUsingTools)
        }) {
            settled.append($0)
        }
        for message in settled { write(message, &feed) }
        if isWaiting { firstHeld = 0 }
        if firstHeld != nil { counts.held += 1 }
        counts.skipped.merge(output.skipped) { $0 + $1 }
        counts.malformed += output.malformed
    }

    private mutating func write(_ message: LoggedMessage, _ feed: inout LedgerFeed) {
        guard failure == nil else { return }
        do throws(LedgerError) {
            var written: CallRecord?
            switch try feed.take(message, { written = $0 }) {
            case .new: counts.new += 1
            case .correction: counts.corrected += 1
            case .known: counts.known += 1
            }
            if let written { counts.add(written) }
        } catch {
            failure = error
        }
    }

    func problems(of path: String) -> [LogProblem] {
        var reasons: [String] = []
        if counts.malformed > 0 {
            reasons.append("\(counts.malformed) lines are no JSON and were passed over")
        }
        if overlong > 0 {
            reasons.append(
                "\(overlong) lines are longer than \(LogLimits.lineBytesMax >> 20) MiB "
                    + "and were passed over")
        }
        return reasons.isEmpty
            ? [] : [LogProblem(path: path, reason: reasons.joined(separator: "; "))]
    }
}

extension LoggedMessage {
    /// Cuts texts that are longer than any name is to what a ledger's line has room for.
    fileprivate mutating func clip() {
        Self.clip(&key)
        Self.clip(&session)
        Self.clip(&requestID)
        Self.clip(&provider)
        Self.clip(&model)
        Self.clip(&serviceTier)
        if case .path(var path)? = directory, path.utf8.count > Self.textBytesMax {
            Self.clip(&path)
            directory = .path(path)
        }
    }

    private static let textBytesMax = 1024

    /// By scalars: a character can have any number of them.
    private static func start(of text: String) -> String {
        var start = String.UnicodeScalarView()
        start.append(contentsOf: text.unicodeScalars.prefix(textBytesMax / 4))
        return String(start)
    }

    private static func clip(_ text: inout String) {
        if text.utf8.count > textBytesMax { text = start(of: text) }
    }

    private static func clip(_ text: inout String?) {
        if let long = text, long.utf8.count > textBytesMax { text = start(of: long) }
    }
}
