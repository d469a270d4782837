-- Reads the ledger's files; `{ledger}` is a path such as /home/me/.local/state/mcp-meter/ledger/*/*.jsonl
-- below a directory the server may read. Reading a file again changes nothing.
INSERT INTO lines
SELECT
    JSONExtractUInt(line, 'v'), JSONExtractString(line, 'kind'), JSONExtractString(line, 'id'),
    parseDateTime64BestEffort(JSONExtractString(line, 'time'), 6, 'UTC'),
    JSONExtract(line, 'duration_ms', 'Nullable(Float64)'),
    JSONExtract(line, 'session', 'Nullable(String)'),
    JSONExtract(line, 'direction', 'Nullable(String)'),
    JSONExtract(line, 'method', 'Nullable(String)'),
    JSONExtract(line, 'tool', 'Nullable(String)'),
    JSONExtract(line, 'server', 'Nullable(String)'),
    JSONExtract(line, 'client', 'Nullable(String)'),
    JSONExtract(line, 'agent_id', 'Nullable(String)'),
    JSONExtract(line, 'project', 'Nullable(String)'),
    JSONExtract(line, 'provider', 'Nullable(String)'),
    JSONExtract(line, 'model', 'Nullable(String)'),
    JSONExtract(line, 'usage', 'source', 'Nullable(String)'),
    JSONExtract(line, 'usage', 'input_tokens', 'Nullable(UInt64)'),
    JSONExtract(line, 'usage', 'cached_input_tokens', 'Nullable(UInt64)'),
    JSONExtract(line, 'usage', 'output_tokens', 'Nullable(UInt64)'),
    JSONExtract(line, 'usage', 'reasoning_tokens', 'Nullable(UInt64)'),
    JSONExtract(line, 'cost', 'source', 'Nullable(String)'),
    JSONExtract(line, 'cost', 'usd_nanos', 'Nullable(Int64)'),
    JSONExtract(line, 'outcome', 'Nullable(String)'),
    JSONExtract(line, 'event_type', 'Nullable(String)'),
    JSONExtract(line, 'part_of', 'Nullable(String)'),
    JSONExtract(line, 'quality', 'Nullable(Float64)'),
    JSONExtract(line, 'turns', 'Nullable(UInt64)'),
    JSONExtract(line, 'client_turns', 'Nullable(UInt64)'),
    JSONExtract(line, 'policy', 'action', 'Nullable(String)'),
    JSONExtract(line, 'policy', 'reason', 'Nullable(String)'),
    JSONExtract(line, 'policy', 'rule', 'Nullable(String)'),
    JSONExtract(line, 'policy', 'asked_model', 'Nullable(String)'),
    JSONExtract(line, 'policy', 'routed_model', 'Nullable(String)'),
    JSONExtract(line, 'policy', 'saved_usd_nanos', 'Nullable(Int64)'),
    JSONExtract(line, 'policy', 'waited_ms', 'Nullable(Float64)'),
    file, line_number
FROM
(
    SELECT line, _path AS file, rowNumberInAllBlocks() AS line_number
    FROM file({ledger:String}, LineAsString)
)
WHERE isValidJSON(line) AND JSONHas(line, 'id') AND JSONHas(line, 'time')
SETTINGS max_threads = 1;
