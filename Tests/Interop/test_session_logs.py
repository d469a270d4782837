"""`mcp-meter import` against logs as the clients write them, and against a naive reader of the same files."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest
from support import ledger, processes, relay
from support.serving import Serve
from support.session_logs import Maker, dump, imported, twin

TREES = 1000
NOBODY = 65534


def run(home: pathlib.Path, state: pathlib.Path, *arguments: str, **options) -> subprocess.CompletedProcess:
    command = [relay.binary(), "import", *arguments]
    variables = environment(home, state, options.pop("env", {}))
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=variables, **options)


def start(home: pathlib.Path, state: pathlib.Path) -> subprocess.Popen:
    command = [relay.binary(), "import"]
    return subprocess.Popen(command, env=environment(home, state, {}), stdout=subprocess.DEVNULL)


def environment(home: pathlib.Path, state: pathlib.Path, extra: dict[str, str]) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "HOME": str(home), "MCP_METER_STATE_DIR": str(state)} | extra


def do(home: pathlib.Path, state: pathlib.Path, *arguments: str, **options) -> str:
    done = run(home, state, *arguments, **options)
    assert done.returncode == 0, done.stderr
    return done.stderr


def usage(state: pathlib.Path, validated: bool = False) -> list[dict]:
    return ledger.read(state, validated=validated).of("usage")


def claude(number: int, output: int, session: str = "s", **extra) -> str:
    counts = {"input_tokens": 3, "output_tokens": output, "cache_read_input_tokens": 40}
    message = {"id": f"msg_{number}", "model": "claude-opus-4-6", "usage": counts}
    line = {"type": "assistant", "sessionId": session, "timestamp": f"2026-08-10T12:00:{number % 60:02}.500Z"}
    return dump(line | {"requestId": f"req_{number}", "cwd": "/w", "message": message} | extra) + "\n"


def project(home: pathlib.Path, name: str = "s.jsonl") -> pathlib.Path:
    path = home / ".claude" / "projects" / "-w" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@pytest.fixture
def home(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "home"


@pytest.fixture
def state(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "state"


def test_agrees_with_a_naive_reader(tmp_path: pathlib.Path):
    calls = 0
    for seed in range(TREES):
        home, state = tmp_path / "home", tmp_path / "state"
        Maker(home, seed).make()
        wanted = twin(home)
        do(home, state)
        assert imported(usage(state, validated=seed % 50 == 0)) == wanted, f"seed {seed}"
        before = len(usage(state))
        assert before == len(wanted), f"seed {seed}: corrections in one import"
        if seed % 10 == 0:
            do(home, state)
            shutil.rmtree(state / "import")  # all that is remembered beside the ledger
            do(home, state)
            assert len(usage(state)) == before, f"seed {seed}: imported again"
        calls += before
        shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(state, ignore_errors=True)
    assert calls > 10 * TREES


def test_a_tree_that_grows_between_imports(tmp_path: pathlib.Path):
    for seed in range(60):
        whole, home, state = tmp_path / f"w{seed}", tmp_path / f"h{seed}", tmp_path / f"s{seed}"
        Maker(whole, seed).make()
        files = [path for path in whole.rglob("*") if path.is_file()]
        for step in (1, 2, 3):
            for path in files:
                data = path.read_bytes()
                # A fork's first lines are written at once, and so are files that are one object.
                is_whole = path.suffix == ".json" or b"forked_from_id" in data or b"thread_spawn" in data
                if is_whole and step > 1:
                    continue
                target = home / path.relative_to(whole)
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("ab") as file:
                    file.write(data[target.stat().st_size : len(data) if is_whole else len(data) * step // 3])
            do(home, state)
        assert imported(usage(state)) == twin(whole), f"seed {seed}"


def test_nothing_is_lost_or_doubled_by_kill_9(home: pathlib.Path, state: pathlib.Path):
    total = 0
    for number in range(40):
        lines = [claude(total + index, index % 500 + 1, cwd=f"/w{number}") for index in range(3000)]
        project(home, f"{number}.jsonl").write_text("".join(lines))
        total += len(lines)
    killed = 0
    for attempt in range(40):
        process = start(home, state)
        time.sleep(0.004 * (attempt % 20))
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
    do(home, state)
    assert killed >= 5, "no import was killed: give it more to do"
    records = usage(state)
    assert len(records) == total
    assert len({record["id"] for record in records}) == total
    assert imported(records) == twin(home)


def test_two_imports_at_once(home: pathlib.Path, state: pathlib.Path):
    for number in range(20):
        project(home, f"{number}.jsonl").write_text("".join(claude(number * 1000 + i, 5) for i in range(1000)))
    several = [start(home, state) for _ in range(4)]
    assert [process.wait(timeout=60) for process in several] == [0] * 4
    assert len(usage(state)) == 20_000


def test_a_message_that_grew_after_it_was_read(home: pathlib.Path, state: pathlib.Path):
    log = project(home)
    log.write_text(claude(1, 9) + claude(1, 9))
    do(home, state)
    with log.open("a") as file:
        file.write(claude(1, 159) + claude(2, 7))
    do(home, state)
    do(home, state)
    first, second, third = usage(state)
    assert first["id"] == second["id"] != third["id"]
    assert [record["usage"]["output_tokens"] for record in (first, second, third)] == [9, 159, 7]


def test_files_that_shrink_are_replaced_or_vanish(home: pathlib.Path, state: pathlib.Path):
    log = project(home)
    log.write_text(claude(1, 5) + claude(2, 5))
    do(home, state)
    log.write_text(claude(3, 5))  # shorter
    do(home, state)
    assert len(usage(state)) == 3
    other = project(home, "other")
    other.write_text(claude(4, 5, uuid="x" * 400) + claude(5, 5))
    other.rename(log)  # another file, longer than what was read
    do(home, state)
    assert len(usage(state)) == 5
    log.unlink()
    do(home, state)
    log.write_text(claude(1, 5) + claude(6, 5))
    do(home, state)
    assert len(usage(state)) == 6


def test_what_cannot_be_read_is_named_once_and_the_rest_imported(
    home: pathlib.Path, state: pathlib.Path, tmp_path: pathlib.Path
):
    project(home).write_text(claude(1, 5) + '{"type":"assistant","message":{"usage":{\n' + claude(2, 5))
    project(home, "binary.jsonl").write_bytes(bytes(range(256)) * 64 + claude(9, 5).encode())
    project(home, "forbidden.jsonl").write_text(claude(9, 5))
    project(home, "forbidden.jsonl").chmod(0)
    closed = project(home, "closed/x.jsonl")
    closed.write_text(claude(9, 5))
    closed.parent.chmod(0)
    enormous = '{"type":"user","message":{"content":"' + "x" * (9 << 20) + '"}}\n'
    answer = claude(3, 5).replace('"usage"', f'"content":"{"y" * (9 << 20)}","usage"')
    project(home, "enormous.jsonl").write_text(enormous + claude(4, 5) + answer + claude(5, 5))
    project(home, "quiet.jsonl").write_text(enormous + claude(6, 5))
    (project(home).parent / "loop").symlink_to(project(home).parent)
    (project(home).parent / "round.jsonl").symlink_to("round.jsonl")
    (project(home).parent / "again.jsonl").symlink_to("s.jsonl")
    (project(home).parent / "gone.jsonl").symlink_to("nowhere")
    os.mkfifo(project(home, "pipe.jsonl"))
    project(home, "folder.jsonl").mkdir()
    project(home, "empty.jsonl").write_text("")
    options = {}
    if os.geteuid() == 0:  # root may read everything
        for path in (tmp_path, *tmp_path.parents):
            if os.stat(path).st_mode & 0o001 == 0:
                path.chmod(0o755)
        subprocess.run(["chown", "-R", str(NOBODY), str(tmp_path)], check=True)
        options = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    try:
        errors = do(home, state, **options)
    finally:
        closed.parent.chmod(0o755)
    found = sorted(record["request_id"] for record in usage(state, validated=True))
    assert found == ["req_1", "req_2", "req_4", "req_5", "req_6"]
    named = [line.split("/-w/")[1] for line in errors.splitlines()]
    assert sorted(named) == [
        "binary.jsonl: no session log: it does not begin with JSON.",
        "closed: Permission denied.",
        "enormous.jsonl: 1 lines are longer than 8 MiB and were passed over.",
        "forbidden.jsonl: Permission denied.",
        "pipe.jsonl: no regular file.",
        "round.jsonl: Too many levels of symbolic links.",
        "s.jsonl: 1 lines are no JSON and were passed over.",
    ]


def test_the_directory_is_hashed_unless_asked_for(home: pathlib.Path, tmp_path: pathlib.Path):
    project(home).write_text(claude(1, 5))
    for word, wanted in [("", "d1bb8ca354673cd5"), ("text", "/w"), ("hash", "d1bb8ca354673cd5")]:
        state = tmp_path / f"state-{word}"
        assert do(home, state, env={"MCP_METER_PROJECT": word}) == ""
        assert [record["project"] for record in usage(state, validated=True)] == [wanted]
    errors = do(home, tmp_path / "bad", env={"MCP_METER_PROJECT": "yes"})
    assert errors == "mcp-meter: MCP_METER_PROJECT is 'yes': expected hash or text; directories are hashed.\n"


def test_since_client_and_dry_run(home: pathlib.Path, state: pathlib.Path):
    Maker(home, 7).make()
    project(home).write_text(claude(1, 5, timestamp="2026-01-01T00:00:00Z") + claude(2, 5))
    wanted = twin(home)
    done = run(home, state, "--dry-run")
    assert "Dry run: nothing was written." in done.stdout and not state.exists()
    do(home, state, "--client", "claude", "--since", "2026-06-01")
    own = [call for call in wanted if call[0] == "claude-code"]
    assert len(usage(state)) == len(own) - 1
    assert "2026-01-01T00:00:00.000000Z" not in [record["time"] for record in usage(state)]
    do(home, state)
    assert imported(usage(state)) == wanted


def test_no_ledger_can_be_written(home: pathlib.Path, tmp_path: pathlib.Path):
    project(home).write_text(claude(1, 5))
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = run(home, blocked)
    assert done.returncode == 74
    assert done.stderr.startswith("mcp-meter: cannot create directory")


def test_a_whole_claude_line(home: pathlib.Path, state: pathlib.Path):
    usage_block = {"input_tokens": 3, "cache_creation_input_tokens": 2285, "cache_read_input_tokens": 22137}
    usage_block |= {"cache_creation": {"ephemeral_5m_input_tokens": 1285, "ephemeral_1h_input_tokens": 1000}}
    usage_block |= {"output_tokens": 159, "service_tier": "standard"}
    message = {"id": "msg_011C", "role": "assistant", "model": "claude-opus-4-6", "usage": usage_block}
    line = {"type": "assistant", "sessionId": "3f2a", "timestamp": "2026-08-10T12:00:05.123Z", "cwd": "/w"}
    project(home).write_text(dump(line | {"requestId": "req_011C", "message": message}) + "\n")
    do(home, state)
    (record,) = usage(state, validated=True)
    assert {key: record[key] for key in record if key not in ("id", "trace_id", "span_id")} == {
        "v": 1,
        "kind": "usage",
        "time": "2026-08-10T12:00:05.123000Z",
        "duration_ms": 0,
        "session": "3f2a",
        "direction": "client",
        "method": "chat",
        "request_id": "req_011C",
        "client": "claude-code",
        "project": "d1bb8ca354673cd5",
        "provider": "anthropic",
        "model": "claude-opus-4-6",
        "model_source": "response",
        "service_tier": "standard",
        "usage": {
            "source": "session_log",
            "input_tokens": 24425,
            "cached_input_tokens": 22137,
            "cache_write_tokens": 2285,
            "cache_write_1h_tokens": 1000,
            "output_tokens": 159,
        },
        # 3 × 5 + 22137 × 0.5 + 1285 × 6.25 + 1000 × 10 + 159 × 25 dollars a million
        "cost": {"source": "priced", "usd_nanos": 33_089_750},
        "outcome": "ok",
        "request_bytes": 0,
    }
    assert json.dumps(record).count("msg_011C") == 0


def test_serve_follows_the_logs(home: pathlib.Path, state: pathlib.Path):
    """As they are written: a message once it is whole, each once, whoever imports beside it."""
    log = project(home)
    log.write_text(claude(1, 9) + claude(1, 159) + claude(2, 20))
    serve = Serve(state, {"HOME": str(home)})
    try:
        processes.wait_until(lambda: len(usage(state)) == 1, 20, "the message that another follows")
        assert do(home, state) == ""  # at the end of the file, which for `import` is the end
        with log.open("a") as file:
            file.write(claude(3, 5) + claude(4, 6))
        processes.wait_until(lambda: len(usage(state)) == 3, 20, "the next one")
    finally:
        serve.end()
    do(home, state)
    found = {entry["request_id"]: entry["usage"]["output_tokens"] for entry in usage(state, validated=True)}
    assert found == {"req_1": 159, "req_2": 20, "req_3": 5, "req_4": 6}
    assert len(usage(state)) == 4
