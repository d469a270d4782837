-- What policies did to calls: what `mcp-meter report --format json` says in `policies`.
-- Variables: since, until (TIMESTAMPTZ).
SELECT policy.action AS action, policy.reason AS reason, policy.rule AS rule,
    policy.asked_model AS asked_model, policy.routed_model AS routed_model, count(*) AS calls,
    sum(policy.saved_usd_nanos)::BIGINT AS saved_usd_nanos,
    nullif(sum(round(coalesce(policy.waited_ms, 0) * 1000))::BIGINT, 0) AS waited_us
FROM records
WHERE kind IN ('call', 'usage') AND policy IS NOT NULL
    AND "time" >= getvariable('since') AND "time" < getvariable('until')
GROUP BY ALL
ORDER BY action, calls DESC, reason, rule, asked_model, routed_model;
