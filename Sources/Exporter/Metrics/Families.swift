/// Every metric of the ledger, in the order it is shown.
///
/// The first ten names, with their first labels, are those of an older exporter (`mcp_ai_*`), whose
/// dashboards go on working; labels that it did not have come after.
enum MetricID: Int, CaseIterable, Sendable {
    case requests, tokens, cost, duration, tokensPerRequest, costPer1k
    case limitRemaining, limitMax, limitHits, modelSelection
    case decisions, policyWait, routingSaved, routingExtra
    case budgetLimit, budgetSpent, budgetUsed
    case calls, callDuration, firstByte, errors, inFlight, resourceOperations
    case sessions, sessionsActive, sessionDuration
    case escalations, escalationCost, quality, qualityPerDollar
    case successes, successTokens
    case unpricedTokens, lostCalls, recordsDropped, resyncs
    case priceTable, build

    var family: Family { Self.families[rawValue] }

    private static let callLabels = [
        "provider", "model", "operation", "status", "agent_id", "server", "tool",
    ]
    private static let perModel =
        "one for each combination seen; provider and model as the records name them, at most 2000"
    private static let perServer = "one for each combination seen, at most 2000"
    private static let perRoute =
        "one for each rule and pair of models seen, at most 2000"
    private static let perBudget = "one for each budget, at most 64"
    private static let durationBounds = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 120]

    private static let families: [Family] = [
        Family(
            "mcp_ai_requests_total", .counter, labels: callLabels, seriesMax: 8_000,
            help: "Model calls by outcome. status is success, error, timeout, rate_limited, "
                + "cancelled or lost; operation is the JSON-RPC method. A call that a policy blocked "
                + "never came to a model, and is not here.",
            cardinality: "four statuses for each model call's other labels, and those of the "
                + "other two that came, at most 8000",
            example: "sum by (model, status) (rate(mcp_ai_requests_total[5m])) * 60"),
        Family(
            "mcp_ai_tokens_total", .counter,
            labels: ["provider", "model", "type", "source", "agent_id", "server", "tool"],
            seriesMax: 8_000,
            help: "Tokens of model calls. The types input, cached_input, cache_write, output and "
                + "reasoning do not overlap: their sum is every token billed. source is "
                + "reported, session_log or estimated.",
            cardinality: "five types for each model call's labels, at most 8000",
            example:
                "sum by (model, type) (increase(mcp_ai_tokens_total{source!=\"estimated\"}[1d]))"
        ),
        Family(
            "mcp_ai_cost_usd_total", .counter,
            labels: ["provider", "model", "operation", "source", "agent_id", "server", "tool"],
            decimals: 9,
            help: "US dollars that model calls cost. source is reported (by the provider), priced "
                + "(from the price table) or estimated (priced from estimated tokens).",
            cardinality: perModel,
            example: "sum by (provider) (increase(mcp_ai_cost_usd_total[1d]))"),
        Family(
            "mcp_ai_request_duration_seconds", .histogram(durationBounds),
            labels: ["provider", "model", "operation"], decimals: 6, seriesMax: 500,
            help:
                "How long model calls took, whatever their outcome, without the time a policy held "
                + "them back.",
            cardinality: "one for each provider, model and operation, at most 500",
            example: "histogram_quantile(0.95, sum by (model, le) "
                + "(rate(mcp_ai_request_duration_seconds_bucket[5m])))"),
        Family(
            "mcp_ai_tokens_per_request",
            .histogram([100, 500, 1_000, 5_000, 10_000, 50_000, 100_000]),
            labels: ["provider", "model"], seriesMax: 500,
            help: "Tokens of a model call, all types together.",
            cardinality: "one for each provider and model, at most 500",
            example: "histogram_quantile(0.5, sum by (model, le) "
                + "(rate(mcp_ai_tokens_per_request_bucket[1h])))"),
        Family(
            "mcp_ai_cost_per_1k_tokens_usd", .gauge, labels: ["provider", "model"], decimals: 9,
            seriesMax: 500,
            help:
                "US dollars for a thousand tokens, over all calls whose cost and tokens are known.",
            cardinality: "one for each provider and model, at most 500",
            example: "sort_desc(mcp_ai_cost_per_1k_tokens_usd)"),
        Family(
            "mcp_ai_rate_limit_remaining", .gauge, labels: ["provider", "model", "limit_type"],
            seriesMax: 500,
            help:
                "What MCP_METER_RATE_LIMIT leaves in the running window. limit_type is requests or "
                + "tokens and the window, such as requests_per_minute.",
            cardinality: "one for each limit and model it holds for, at most 500",
            example: "min by (model) (mcp_ai_rate_limit_remaining / mcp_ai_rate_limit_max)"),
        Family(
            "mcp_ai_rate_limit_max", .gauge, labels: ["provider", "model", "limit_type"],
            seriesMax: 500, help: "The limits of MCP_METER_RATE_LIMIT.",
            cardinality: "one for each limit and model it holds for, at most 500",
            example: "mcp_ai_rate_limit_max"),
        Family(
            "mcp_ai_rate_limit_hits_total", .counter, labels: ["provider", "model"], seriesMax: 500,
            help: "Model calls that the provider's rate limit refused.",
            cardinality: "one for each provider and model, at most 500",
            example: "sum by (model) (increase(mcp_ai_rate_limit_hits_total[1h]))"),
        Family(
            "mcp_ai_model_selection_total", .counter,
            labels: ["provider", "model", "reason", "task_type"],
            help: "Model calls by what named the model (reason: response, argument, env, profile, "
                + "config) and by event type (task_type).",
            cardinality: perModel,
            example: "sum by (model, reason) (increase(mcp_ai_model_selection_total[1h]))"),
        Family(
            "mcp_meter_policy_decisions_total", .counter,
            labels: ["action", "reason", "rule", "server", "tool"],
            help: "Calls that a policy did something to. action is blocked, routed, delayed, "
                + "warned or passed (could not be judged); reason is budget, evalops, "
                + "rate_limit, retry_after or route, or why it was passed; rule is the rule as "
                + "it stands in its variable.",
            cardinality: "one for each combination seen, at most 2000",
            example: "sum by (reason, rule) "
                + "(increase(mcp_meter_policy_decisions_total{action=\"blocked\"}[1d]))"),
        Family(
            "mcp_meter_policy_wait_seconds", .histogram(durationBounds),
            labels: ["reason", "server"], decimals: 6, seriesMax: 500,
            help:
                "How long calls were held back that a policy held back. One that was routed, too, is "
                + "under route.",
            cardinality: "one for each reason and server, at most 500",
            example: "sum by (reason) (increase(mcp_meter_policy_wait_seconds_sum[1d]))"),
        Family(
            "mcp_meter_routing_saved_usd_total", .counter,
            labels: ["rule", "asked_model", "routed_model"], decimals: 9,
            help: "US dollars that routed calls cost less than the model asked for would have, "
                + "as far as both prices are known.",
            cardinality: perRoute,
            example: "sum(increase(mcp_meter_routing_saved_usd_total[1d])) "
                + "- sum(increase(mcp_meter_routing_extra_usd_total[1d]))"),
        Family(
            "mcp_meter_routing_extra_usd_total", .counter,
            labels: ["rule", "asked_model", "routed_model"], decimals: 9,
            help: "US dollars that routed calls cost more than the model asked for would have.",
            cardinality: perRoute,
            example: "sum by (rule) (increase(mcp_meter_routing_extra_usd_total[1d]))"),
        Family(
            "mcp_meter_budget_limit_usd", .gauge, labels: ["budget"], decimals: 9, seriesMax: 64,
            help: "The budgets of MCP_METER_BUDGET, in the environment of this process.",
            cardinality: perBudget, example: "mcp_meter_budget_limit_usd"),
        Family(
            "mcp_meter_budget_spent_usd", .gauge, labels: ["budget"], decimals: 9, seriesMax: 64,
            help: "US dollars spent in the budget's present day, week or month, by the "
                + "calendar of this machine; calls under way are not in it.",
            cardinality: perBudget,
            example: "mcp_meter_budget_limit_usd - mcp_meter_budget_spent_usd"),
        Family(
            "mcp_meter_budget_used_ratio", .gauge, labels: ["budget"], decimals: 6, seriesMax: 64,
            help: "Spent of a budget, as a share of it: 1 is all of it.",
            cardinality: perBudget, example: "max by (budget) (mcp_meter_budget_used_ratio)"),
        Family(
            "mcp_meter_calls_total", .counter,
            labels: ["server", "method", "tool", "direction", "outcome"],
            help: "JSON-RPC requests that ended, those without a model among them.",
            cardinality: perServer,
            example:
                "sum by (server, tool) (rate(mcp_meter_calls_total{method=\"tools/call\"}[5m]))"
        ),
        Family(
            "mcp_meter_call_duration_seconds", .histogram(durationBounds),
            labels: ["server", "method"], decimals: 6, seriesMax: 500,
            help: "From a request's last byte to its answer's last byte, without the time a policy "
                + "held it back. A blocked call is not here: no server answered it.",
            cardinality: "one for each server and method, at most 500",
            example: "histogram_quantile(0.99, sum by (server, le) "
                + "(rate(mcp_meter_call_duration_seconds_bucket[5m])))"),
        Family(
            "mcp_meter_first_byte_seconds", .histogram(durationBounds),
            labels: ["server", "method"], decimals: 6, seriesMax: 500,
            help:
                "From a request's last byte to its answer's first byte, without the time a policy "
                + "held it back.",
            cardinality: "one for each server and method, at most 500",
            example: "histogram_quantile(0.5, sum by (server, le) "
                + "(rate(mcp_meter_first_byte_seconds_bucket[5m])))"),
        Family(
            "mcp_meter_errors_total", .counter, labels: ["server", "error_type"],
            help: "Requests that failed, by kind: rate_limit, timeout, context_overflow, auth, "
                + "provider_error, cancelled, other. What a policy blocked did not fail.",
            cardinality: "seven for each server, at most 2000",
            example: "sum by (error_type) (increase(mcp_meter_errors_total[1h]))"),
        Family(
            "mcp_meter_calls_in_flight", .gauge, labels: ["server"], seriesMax: 500,
            help: "Requests under way for longer than 20 ms, in sessions that live.",
            cardinality: "one for each server, at most 500",
            example: "sum(mcp_meter_calls_in_flight)"),
        Family(
            "mcp_meter_resource_operations_total", .counter, labels: ["server", "operation"],
            help: "Operations on what a server keeps (resources, memories, files, records): read, "
                + "list, search, write, save, update, delete or forget, by method and tool name.",
            cardinality: "eight for each server, at most 2000",
            example: "sum by (operation) (rate(mcp_meter_resource_operations_total[5m]))"),
        Family(
            "mcp_meter_sessions_total", .counter, labels: ["server", "client"], seriesMax: 500,
            help: "Sessions that are over.",
            cardinality: "one for each server and client, at most 500",
            example: "sum by (client) (increase(mcp_meter_sessions_total[1d]))"),
        Family(
            "mcp_meter_sessions_active", .gauge, labels: ["server"], seriesMax: 500,
            help: "Sessions whose relay lives.", cardinality: "one for each server, at most 500",
            example: "sum(mcp_meter_sessions_active)"),
        Family(
            "mcp_meter_session_duration_seconds",
            .histogram([1, 10, 60, 300, 900, 3_600, 14_400, 86_400]), labels: ["server"],
            decimals: 6, seriesMax: 500, help: "How long sessions lasted.",
            cardinality: "one for each server, at most 500",
            example: "histogram_quantile(0.5, sum by (le) "
                + "(rate(mcp_meter_session_duration_seconds_bucket[1d])))"),
        Family(
            "mcp_meter_escalations_total", .counter,
            labels: ["event_type", "outcome", "end", "agent_id", "server"],
            help:
                "Escalations that are over: one for each analysis, of one call or a conversation.",
            cardinality: perServer,
            example: "sum by (event_type) (increase(mcp_meter_escalations_total[1d]))"),
        Family(
            "mcp_meter_escalation_cost_usd_total", .counter, labels: ["event_type", "server"],
            decimals: 9,
            help: "US dollars of whole escalations, the client's side included where known.",
            cardinality: "one for each event type and server, at most 2000",
            example: "sum by (event_type) (increase(mcp_meter_escalation_cost_usd_total[1d]))"),
        Family(
            "mcp_meter_escalation_quality", .histogram([0.1, 0.25, 0.5, 0.75, 0.9, 1]),
            labels: ["event_type", "server"], decimals: 6, seriesMax: 500,
            help: "Quality of escalations, 0 to 1.",
            cardinality: "one for each event type and server, at most 500",
            example: "sum(rate(mcp_meter_escalation_quality_sum[1d])) "
                + "/ sum(rate(mcp_meter_escalation_quality_count[1d]))"),
        Family(
            "mcp_meter_quality_per_dollar", .histogram([1, 5, 10, 25, 50, 100, 250, 500, 1_000]),
            labels: ["event_type", "server"], decimals: 3, seriesMax: 500,
            help: "Quality of an escalation divided by what it cost in US dollars.",
            cardinality: "one for each event type and server, at most 500",
            example: "histogram_quantile(0.5, sum by (event_type, le) "
                + "(rate(mcp_meter_quality_per_dollar_bucket[1d])))"),
        Family(
            "mcp_meter_model_successes_total", .counter, labels: ["backend", "method"],
            seriesMax: 500,
            help:
                "Model calls that succeeded, by backend (provider) and method (generate, sample).",
            cardinality: "two for each provider, at most 500",
            example: "sum by (backend, method) (rate(mcp_meter_model_successes_total[5m]))"),
        Family(
            "mcp_meter_model_success_tokens_total", .counter, labels: ["backend", "method"],
            seriesMax: 500, help: "Tokens of the model calls that succeeded.",
            cardinality: "two for each provider, at most 500",
            example: "sum by (backend) (rate(mcp_meter_model_success_tokens_total[5m]))"),
        Family(
            "mcp_meter_unpriced_tokens_total", .counter, labels: ["provider", "model", "type"],
            help:
                "Tokens of models that no price is known for. They cost something, and are in no sum.",
            cardinality: "five for each model without a price, at most 2000",
            example: "sum by (model) (increase(mcp_meter_unpriced_tokens_total[1d])) > 0"),
        Family(
            "mcp_meter_lost_calls_total", .counter, labels: ["server"], seriesMax: 500,
            help: "Requests that were never answered: the server or the relay was killed.",
            cardinality: "one for each server, at most 500",
            example: "increase(mcp_meter_lost_calls_total[1h])"),
        Family(
            "mcp_meter_records_dropped_total", .counter, labels: [],
            help: "Records that relays could not keep because a disk hung.", cardinality: "one",
            example: "increase(mcp_meter_records_dropped_total[1h])"),
        Family(
            "mcp_meter_scanner_resyncs_total", .counter, labels: [],
            help: "Lines that were no JSON-RPC message: passed on untouched, and not metered.",
            cardinality: "one", example: "rate(mcp_meter_scanner_resyncs_total[5m])"),
        Family(
            "mcp_meter_price_table_info", .gauge, labels: ["source", "version", "models"],
            seriesMax: 4, help: "The price table in force; always 1.", cardinality: "one",
            example: "mcp_meter_price_table_info"),
        Family(
            "mcp_meter_build_info", .gauge, labels: ["version"], seriesMax: 4,
            help: "This program; always 1.", cardinality: "one", example: "mcp_meter_build_info"),
    ]
}
