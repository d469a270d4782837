-- What `mcp-meter report --by day,model --format json` says in `groups`, figure for figure.
-- Variables: since, until (TIMESTAMPTZ), zone (such as 'Europe/Berlin').
WITH chosen AS (
    SELECT *,
        kind <> 'usage' AND part_of IS NULL AS is_request,
        -- A call that was blocked never came to the model.
        (outcome <> 'blocked' AND (model IS NOT NULL OR provider IS NOT NULL))
            OR usage IS NOT NULL OR cost IS NOT NULL AS uses_model,
        -- How long the server took: not how long a policy held the call back.
        greatest(duration_ms - coalesce(policy.waited_ms, 0), 0) AS worked_ms,
        timezone(getvariable('zone'), "time") AS local_time
    FROM records
    WHERE kind <> 'trace' AND "time" >= getvariable('since') AND "time" < getvariable('until')
), summed AS (
    SELECT
        strftime(local_time, '%Y-%m-%d') AS day,
        model,
        sum(cost.usd_nanos)::BIGINT AS usd_nanos,
        coalesce(sum(cost.usd_nanos) FILTER (usage.source = 'estimated' AND cost.source <> 'reported'), 0)::BIGINT AS estimated_usd_nanos,
        count(*) FILTER (cost.source = 'unpriced') AS unpriced,
        count(*) FILTER (is_request) AS requests,
        count(*) FILTER (is_request AND uses_model) AS model_requests,
        count(*) FILTER (is_request AND outcome = 'error') AS errors,
        count(*) FILTER (is_request AND outcome = 'cancelled') AS cancelled,
        count(*) FILTER (is_request AND outcome = 'lost') AS lost,
        count(*) FILTER (is_request AND outcome = 'blocked') AS blocked,
        coalesce(sum(usage.input_tokens), 0)::BIGINT AS input_tokens,
        coalesce(sum(usage.cached_input_tokens), 0)::BIGINT AS cached_input_tokens,
        coalesce(sum(usage.output_tokens), 0)::BIGINT AS output_tokens,
        coalesce(sum(usage.reasoning_tokens), 0)::BIGINT AS reasoning_tokens,
        coalesce(sum(coalesce(usage.input_tokens, 0) + coalesce(usage.output_tokens, 0))
            FILTER (usage.source = 'estimated'), 0)::BIGINT AS estimated_tokens,
        count(*) FILTER (kind = 'usage') AS client_turns,
        coalesce(sum(cost.usd_nanos) FILTER (kind = 'usage'), 0)::BIGINT AS client_usd_nanos,
        -- Nearest rank: the smallest that so many of a hundred are no larger than.
        list_sort(list(round(worked_ms * 1000)::BIGINT)
            FILTER (is_request AND kind = 'call' AND outcome IN ('ok', 'error'))) AS durations
    FROM chosen
    GROUP BY ALL
)
SELECT * EXCLUDE (durations),
    durations[(50 * len(durations) + 99) // 100] AS p50_us,
    durations[(95 * len(durations) + 99) // 100] AS p95_us
FROM summed
ORDER BY day, coalesce(usd_nanos, 0) DESC, requests DESC, model;
