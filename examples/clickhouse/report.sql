-- What `mcp-meter report --by day,model --format json` says in `groups`, figure for figure.
-- Parameters: since, until (DateTime64(6, 'UTC')), zone (such as 'Europe/Berlin').
SELECT
    day, model, usd_nanos, estimated_usd_nanos, unpriced, requests, model_requests, errors,
    cancelled, lost, blocked, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens,
    estimated_tokens, client_turns, client_usd_nanos,
    if(empty(durations), NULL, durations[intDiv(50 * length(durations) + 99, 100)]) AS p50_us,
    if(empty(durations), NULL, durations[intDiv(95 * length(durations) + 99, 100)]) AS p95_us
FROM
(
    SELECT
        formatDateTime(time, '%Y-%m-%d', {zone:String}) AS day,
        records.model AS model,
        sumOrNull(records.usd_nanos) AS usd_nanos,
        sumIf(ifNull(records.usd_nanos, 0), ifNull(usage_source, '') = 'estimated' AND ifNull(cost_source, '') != 'reported') AS estimated_usd_nanos,
        countIf(ifNull(cost_source, '') = 'unpriced') AS unpriced,
        countIf(is_request) AS requests,
        countIf(is_request AND uses_model) AS model_requests,
        countIf(is_request AND outcome = 'error') AS errors,
        countIf(is_request AND outcome = 'cancelled') AS cancelled,
        countIf(is_request AND outcome = 'lost') AS lost,
        countIf(is_request AND outcome = 'blocked') AS blocked,
        sum(ifNull(records.input_tokens, 0)) AS input_tokens,
        sum(ifNull(records.cached_input_tokens, 0)) AS cached_input_tokens,
        sum(ifNull(records.output_tokens, 0)) AS output_tokens,
        sum(ifNull(records.reasoning_tokens, 0)) AS reasoning_tokens,
        sumIf(ifNull(records.input_tokens, 0) + ifNull(records.output_tokens, 0), ifNull(usage_source, '') = 'estimated') AS estimated_tokens,
        countIf(kind = 'usage') AS client_turns,
        sumIf(ifNull(records.usd_nanos, 0), kind = 'usage') AS client_usd_nanos,
        -- Nearest rank: the smallest that so many of a hundred are no larger than. Without the time
        -- a policy held calls back.
        arraySort(groupArrayIf(toInt64(round(greatest(assumeNotNull(duration_ms) - ifNull(waited_ms, 0), 0) * 1000)), is_request AND kind = 'call' AND outcome IN ('ok', 'error'))) AS durations
    FROM
    (
        SELECT *,
            kind != 'usage' AND part_of IS NULL AS is_request,
            -- A call that was blocked never came to the model.
            (outcome != 'blocked' AND (model IS NOT NULL OR provider IS NOT NULL)) OR usage_source IS NOT NULL OR cost_source IS NOT NULL AS uses_model
        FROM records
        WHERE kind != 'trace' AND time >= {since:DateTime64(6, 'UTC')} AND time < {until:DateTime64(6, 'UTC')}
    ) AS records
    GROUP BY day, model
)
ORDER BY day, ifNull(usd_nanos, 0) DESC, requests DESC, model;
