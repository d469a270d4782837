internal import Records

/// What a service's answer means: its status, refined by the code in an error's body.
///
/// A body of success is not looked at. EvalOps' own client takes 202, 204 and an empty or
/// unreadable body for success too (evalops/maestro test/telemetry/meter-service-client.test.ts).
enum EvalOpsAnswer {
    /// - Parameter count: how many records the message carries.
    static func verdict(_ answer: HTTPResponse, carrying count: Int) -> Verdict {
        guard answer.status >= 400 else { return Verdict(status: answer) }
        let reason = answer.summary
        switch code(of: answer) {
        // The codes of the Connect protocol (connectrpc.com/docs/protocol#error-codes) first, then
        // those of EvalOps' middleware (evalops/service-runtime rterrors/, authmw/, idempotency/).
        case "unavailable", "resource_exhausted", "deadline_exceeded", "aborted", "internal",
            "unknown", "canceled", "data_loss",
            "rate_limited", "internal_error", "version_conflict", "idempotency_in_progress":
            return .retry(after: answer.retryAfterMilliseconds, reason: reason)
        case "unauthenticated", "permission_denied", "unimplemented",
            "missing_authorization", "authorization_failed", "unauthorized", "forbidden":
            return .blocked(reason: reason)
        case "invalid_argument", "failed_precondition", "out_of_range",
            "invalid_input", "invalid_json":
            return .refused(reason: reason)
        case "already_exists", "conflict", "idempotency_conflict":
            return known(reason, count)
        default:
            if answer.status == 409 { return known(reason, count) }
            // No service that is there says so without a code: somebody before it does.
            return answer.status == 501 ? .blocked(reason: reason) : Verdict(status: answer)
        }
    }

    /// The service has no such procedure.
    static func isMissing(_ answer: HTTPResponse) -> Bool {
        [404, 405, 501].contains(answer.status)
            || answer.status >= 400 && code(of: answer) == "unimplemented"
    }

    /// It is there already, so that is what was wanted. Of several only some may be: each is asked
    /// about alone.
    private static func known(_ reason: String, _ count: Int) -> Verdict {
        count > 1 ? .refused(reason: reason) : .delivered(remark: reason)
    }

    /// `{"code": …}` of Connect or `{"error": {"code": …}}` of EvalOps' middleware.
    private static func code(of answer: HTTPResponse) -> String? {
        guard let body = try? JSONValue(parsing: answer.body) else { return nil }
        return body["code"]?.string ?? body["error"]?["code"]?.string
    }
}
