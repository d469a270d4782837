-- What policies did to calls: what `mcp-meter report --format json` says in `policies`.
-- Parameters: since, until (DateTime64(6, 'UTC')).
SELECT policy_action AS action, policy_reason AS reason, policy_rule AS rule,
    asked_model, routed_model, count() AS calls,
    sumOrNull(records.saved_usd_nanos) AS saved_usd_nanos,
    nullIf(sum(toInt64(round(ifNull(waited_ms, 0) * 1000))), 0) AS waited_us
FROM records
WHERE kind IN ('call', 'usage') AND policy_action IS NOT NULL
    AND time >= {since:DateTime64(6, 'UTC')} AND time < {until:DateTime64(6, 'UTC')}
GROUP BY action, reason, rule, asked_model, routed_model
ORDER BY action, calls DESC, reason, rule, asked_model, routed_model;
