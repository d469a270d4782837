extension PolicyNote {
    /// The object that stands under `policy`.
    package func encode(into json: inout JSONWriter) {
        json.beginObject()
        json.member(PolicyKey.action.name, action.rawValue)
        json.member(PolicyKey.reason.name, reason.rawValue)
        json.member(PolicyKey.rule.name, rule)
        json.member(PolicyKey.spent.name, spentNanodollars)
        json.member(PolicyKey.limit.name, limitNanodollars)
        json.member(PolicyKey.percent.name, percent)
        if let until { json.member(PolicyKey.until.name, until) }
        json.member(PolicyKey.askedModel.name, askedModel)
        json.member(PolicyKey.routedModel.name, routedModel)
        json.member(PolicyKey.saved.name, savedNanodollars)
        json.member(PolicyKey.waited.name, thousandths: waitedMilliseconds)
        json.endObject()
    }

    /// Reads the object alone, as it stands in a line; nil if it says something this version does
    /// not know.
    package static func decode(_ object: Span<UInt8>) throws(JSONError) -> PolicyNote? {
        try JSONReader.read(object) { (reader) throws(JSONError) in try read(&reader) }
    }

    /// Reads the object; nil if it says something this version does not know, for a record is worth
    /// more than what a policy said of it.
    static func read(_ reader: inout JSONReader) throws(JSONError) -> PolicyNote? {
        var action: Action?
        var reason: Reason?
        var note = PolicyNote(action: .passed, reason: .budget)
        var cursor: UInt8 = 0
        try reader.enterObject()
        while try reader.nextKey() {
            guard let key: PolicyKey = try reader.key(after: &cursor, \.name) else {
                try reader.skip()
                continue
            }
            if try reader.null() { continue }
            switch key {
            case .action: action = Action(rawValue: try reader.string())
            case .reason: reason = Reason(rawValue: try reader.string())
            case .rule: note.rule = try reader.string()
            case .spent: note.spentNanodollars = try reader.integer()
            case .limit: note.limitNanodollars = try reader.integer()
            case .percent: note.percent = try reader.integer()
            case .until: note.until = try reader.timestamp()
            case .askedModel: note.askedModel = try reader.string()
            case .routedModel: note.routedModel = try reader.string()
            case .saved: note.savedNanodollars = try reader.integer()
            case .waited: note.waitedMilliseconds = try reader.double()
            }
        }
        guard let action, let reason else { return nil }
        note.action = action
        note.reason = reason
        return note
    }
}

/// The names inside `policy`, in the order they are written.
enum PolicyKey: UInt8, CaseIterable {
    case action, reason, rule, spent, limit, percent, until, askedModel, routedModel, saved, waited

    var name: StaticString {
        switch self {
        case .action: "action"
        case .reason: "reason"
        case .rule: "rule"
        case .spent: "spent_usd_nanos"
        case .limit: "limit_usd_nanos"
        case .percent: "percent"
        case .until: "until"
        case .askedModel: "asked_model"
        case .routedModel: "routed_model"
        case .saved: "saved_usd_nanos"
        case .waited: "waited_ms"
        }
    }
}
