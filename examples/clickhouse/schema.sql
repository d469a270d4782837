-- The ledger in ClickHouse. Lines keep the name of their file and their number in it: of lines with
-- one id the last counts.
CREATE TABLE IF NOT EXISTS lines
(
    v UInt32,
    kind LowCardinality(String),
    id String,
    time DateTime64(6, 'UTC'),
    duration_ms Nullable(Float64),
    session Nullable(String),
    direction LowCardinality(Nullable(String)),
    method LowCardinality(Nullable(String)),
    tool LowCardinality(Nullable(String)),
    server LowCardinality(Nullable(String)),
    client LowCardinality(Nullable(String)),
    agent_id LowCardinality(Nullable(String)),
    project LowCardinality(Nullable(String)),
    provider LowCardinality(Nullable(String)),
    model LowCardinality(Nullable(String)),
    usage_source LowCardinality(Nullable(String)),
    input_tokens Nullable(UInt64),
    cached_input_tokens Nullable(UInt64),
    output_tokens Nullable(UInt64),
    reasoning_tokens Nullable(UInt64),
    cost_source LowCardinality(Nullable(String)),
    usd_nanos Nullable(Int64),
    outcome LowCardinality(Nullable(String)),
    event_type LowCardinality(Nullable(String)),
    part_of Nullable(String),
    quality Nullable(Float64),
    turns Nullable(UInt64),
    client_turns Nullable(UInt64),
    policy_action LowCardinality(Nullable(String)),
    policy_reason LowCardinality(Nullable(String)),
    policy_rule LowCardinality(Nullable(String)),
    asked_model LowCardinality(Nullable(String)),
    routed_model LowCardinality(Nullable(String)),
    saved_usd_nanos Nullable(Int64),
    waited_ms Nullable(Float64),
    file String,
    line_number UInt64
)
ENGINE = ReplacingMergeTree
ORDER BY (kind, id, file, line_number);

-- A begin without a call is a lost call (this takes no notice of calls that are still going on).
CREATE VIEW IF NOT EXISTS records AS
WITH last_lines AS (
    SELECT * FROM lines
    WHERE v = 1 AND kind IN ('call', 'usage', 'trace')
    ORDER BY file DESC, line_number DESC
    LIMIT 1 BY id
), lost AS (
    SELECT * FROM lines
    WHERE v = 1 AND kind = 'begin'
        AND id NOT IN (SELECT id FROM lines WHERE v = 1 AND kind IN ('call', 'usage', 'trace'))
    ORDER BY file DESC, line_number DESC
    LIMIT 1 BY id
)
SELECT * FROM last_lines
UNION ALL
SELECT * REPLACE ('lost' AS outcome, 'lost' AS kind) FROM lost;
