"""The ledger as any reader sees it: files of JSON lines, nothing of mcp-meter's own code."""

import json
import pathlib
from dataclasses import dataclass, field

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[3]
SCHEMA = ROOT / "examples" / "ledger" / "schema.json"


@dataclass
class Ledger:
    """Every whole line of a state directory. A last line without its newline is a torn one."""

    records: list[dict] = field(default_factory=list)
    raw: bytes = b""
    torn: int = 0

    def of(self, kind: str) -> list[dict]:
        return [record for record in self.records if record.get("kind") == kind]

    @property
    def calls(self) -> list[dict]:
        return self.of("call")

    @property
    def begins(self) -> list[dict]:
        return self.of("begin")

    @property
    def sessions(self) -> list[dict]:
        return self.of("session")

    def call(self, method: str, **wanted: object) -> dict:
        """The one call with this method and these fields."""
        found = self.matching(method, **wanted)
        assert len(found) == 1, f"{len(found)} calls of {method} {wanted} in {self.calls}"
        return found[0]

    def matching(self, method: str, **wanted: object) -> list[dict]:
        return [
            call
            for call in self.calls
            if call["method"] == method and all(call.get(key) == value for key, value in wanted.items())
        ]


def files(state: pathlib.Path) -> list[pathlib.Path]:
    return sorted((state / "ledger").glob("*/*.jsonl"))


def read(state: pathlib.Path, validated: bool = True) -> Ledger:
    """All lines of the ledger under `state`, each held to the published schema."""
    ledger = Ledger()
    for path in files(state):
        data = path.read_bytes()
        ledger.raw += data
        *lines, rest = data.split(b"\n")
        ledger.torn += rest != b""
        ledger.records.extend(json.loads(line) for line in lines)
    if validated:
        hold_to_schema(ledger.records)
    return ledger


def hold_to_schema(records: list[dict]) -> None:
    schema = json.loads(SCHEMA.read_text())
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    check = validator(schema)
    for record in records:
        errors = [f"{error.json_path}: {error.message}" for error in check.iter_errors(record)]
        assert not errors, f"{errors} in {json.dumps(record)}"
