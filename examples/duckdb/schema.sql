-- The ledger as a DuckDB view: one row a record, each id once, the last line of it counting.
-- Set the variable first: SET VARIABLE ledger = '/home/me/.local/state/mcp-meter/ledger/*/*.jsonl';
CREATE OR REPLACE VIEW lines AS
SELECT *, row_number() OVER () AS line_number
FROM read_json(
    getvariable('ledger'), format = 'newline_delimited', ignore_errors = true, filename = true,
    maximum_object_size = 1048576,
    columns = {
        v: 'BIGINT', kind: 'VARCHAR', id: 'VARCHAR', "time": 'TIMESTAMPTZ', duration_ms: 'DOUBLE',
        session: 'VARCHAR', direction: 'VARCHAR', method: 'VARCHAR', tool: 'VARCHAR',
        server: 'VARCHAR', client: 'VARCHAR', agent_id: 'VARCHAR', project: 'VARCHAR',
        provider: 'VARCHAR', model: 'VARCHAR',
        usage: 'STRUCT(source VARCHAR, input_tokens UBIGINT, cached_input_tokens UBIGINT, output_tokens UBIGINT, reasoning_tokens UBIGINT)',
        cost: 'STRUCT(source VARCHAR, usd_nanos BIGINT)',
        outcome: 'VARCHAR', event_type: 'VARCHAR', part_of: 'VARCHAR', quality: 'DOUBLE',
        turns: 'UBIGINT', client_turns: 'UBIGINT', retry_after_ms: 'DOUBLE',
        policy: 'STRUCT(action VARCHAR, reason VARCHAR, rule VARCHAR, spent_usd_nanos BIGINT, limit_usd_nanos BIGINT, percent UBIGINT, until TIMESTAMPTZ, asked_model VARCHAR, routed_model VARCHAR, saved_usd_nanos BIGINT, waited_ms DOUBLE)'
    })
WHERE v = 1;

-- Files are named by the time they were begun, so that file and line say which came last. A begin
-- without a call is a lost call (this takes no notice of calls that are still going on).
CREATE OR REPLACE VIEW records AS
WITH ended AS (
    SELECT * FROM lines WHERE kind IN ('call', 'usage', 'trace')
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY filename DESC, line_number DESC) = 1
), lost AS (
    SELECT * REPLACE ('lost' AS outcome, 'lost' AS kind) FROM lines
    WHERE kind = 'begin' AND id NOT IN (SELECT id FROM lines WHERE kind IN ('call', 'usage', 'trace'))
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY filename DESC, line_number DESC) = 1
)
SELECT * FROM ended UNION ALL BY NAME SELECT * FROM lost;
