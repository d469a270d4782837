"""`mcp-meter doctor`: one line a check, what mends it, and nobody's secrets."""

import datetime
import json
import os
import pathlib
import re
import subprocess
import time

import pytest

from support import model_calls, processes
from support.receiver import Receiver, certificate, refused_port, status
from support.relay import ROOT, Bench, binary, clean_environment, python
from test_harper import Harper
from test_harper import variables as harper_variables
from test_mosaic import INSTANCE, KEY, Mosaic
from test_mosaic import variables as mosaic_variables

SECRET = "s3cret-of-the-collector"


def doctor(state: pathlib.Path, variables: dict[str, str], *arguments: str) -> tuple[int, dict]:
    done = model_calls.run(state, variables, "doctor", "--json", *arguments)
    assert not done.stderr
    found = json.loads(done.stdout)
    for secret in (KEY, SECRET, "sesame"):
        assert secret not in done.stdout
    assert found["healthy"] == (done.returncode == 0)
    return done.returncode, found


def check(found: dict, area: str, name: str) -> dict:
    (one,) = [one for one in found["checks"] if one["area"].startswith(area) and one["name"] == name]
    return one


def test_all_is_well(tmp_path: pathlib.Path):
    calls = model_calls.model_calls(model_calls.write(tmp_path, model_calls.calls(30, 1)))
    with Mosaic() as mosaic, Harper() as harper, Receiver() as collector:
        variables = mosaic_variables(mosaic) | harper_variables(harper)
        variables |= {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_EXPORTER_OTLP_HEADERS": f"x-api-key={SECRET}"}
        # Receivers of their own kind refuse a message that is none; that they answer is enough.
        mosaic.behave(lambda *_: status(422))
        harper.behave(lambda *_: status(400))
        code, found = doctor(tmp_path, variables)
        assert code == 0, found
        for receiver in (mosaic, harper, collector):
            assert {request.body for request in receiver.requests} <= {b"", b"{}"}
            assert len(receiver.requests) == (2 if receiver is collector else 1)
        assert check(found, "harper", "answer")["text"] == "HTTP 400 to an empty message, which it may refuse"
        assert check(found, "otlp-traces", "answer")["text"] == "HTTP 200 to an empty message"
        assert "x-api-key" in check(found, "otlp-traces", "headers")["text"]
        assert check(found, "mosaic", "progress")["text"].startswith("0 records delivered, 30 lines")
        assert check(found, "delivery", "libcurl")["text"].startswith("libcurl/")
        mosaic.behave(())
        harper.behave(())
        assert model_calls.deliver(tmp_path, variables).returncode == 0
        code, found = doctor(tmp_path, variables, "--offline")
        assert check(found, "mosaic", "progress")["text"].startswith(f"{len(calls)} records delivered, none to go, last time 20")


@pytest.mark.parametrize(
    ("code", "state", "remedy"),
    [
        (200, "ok", None),
        (400, "ok", None),
        (401, "fail", "check the credentials in MOSAIC_TELEMETRY_API_KEY"),
        (404, "fail", "check the address in MOSAIC_TELEMETRY_SERVER_URL and MOSAIC_TELEMETRY_ENDPOINT"),
        (301, "fail", "check the address in MOSAIC_TELEMETRY_SERVER_URL and MOSAIC_TELEMETRY_ENDPOINT"),
        (503, "warn", "nothing; records are kept and sent again later"),
    ],
)
def test_what_an_answer_means(tmp_path: pathlib.Path, code: int, state: str, remedy: str | None):
    with Mosaic(script=lambda *_: status(code, body=f"bad key {KEY}".encode())) as mosaic:
        _, found = doctor(tmp_path, mosaic_variables(mosaic))
        answer = check(found, "mosaic", "answer")
        assert (answer["state"], answer.get("remedy")) == (state, remedy)


def test_nobody_there_and_somebody_else_there(tmp_path: pathlib.Path):
    code, found = doctor(tmp_path, {"HARPER_ANALYTICS_URL": f"http://127.0.0.1:{refused_port()}"})
    assert code == 1
    assert "HARPER_ANALYTICS_URL" in check(found, "harper", "answer")["remedy"]
    with Receiver(tls=certificate(tmp_path)) as stranger:
        code, found = doctor(tmp_path, {"HARPER_ANALYTICS_URL": stranger.url})
    assert code == 1
    assert "SSL_CERT_FILE" in check(found, "harper", "answer")["remedy"]
    assert stranger.requests == []


def test_bad_variables_are_said_with_what_mends_them(tmp_path: pathlib.Path):
    variables = {"MOSAIC_TELEMETRY_ENABLED": "true", "MOSAIC_TELEMETRY_INSTANCE_ID": INSTANCE, "MOSAIC_TELEMETRY_SERVER_URL": "http://example.org"}
    code, found = doctor(tmp_path, variables | {"MOSAIC_TELEMETRY_API_KEY": SECRET})
    assert code == 1
    one = check(found, "metering", "variables")
    assert one["text"].startswith("MOSAIC_TELEMETRY_SERVER_URL is `http://example.org`; expected https")
    assert one["remedy"] == "set MOSAIC_TELEMETRY_SERVER_URL to what is expected, or unset it"


def test_dead_letters_and_a_receiver_that_is_blocked(tmp_path: pathlib.Path):
    model_calls.write(tmp_path, model_calls.calls(5, 2))
    with Mosaic(script=lambda *_: status(422, body=b"no")) as mosaic:
        variables = mosaic_variables(mosaic)
        model_calls.deliver(tmp_path, variables)
        _, found = doctor(tmp_path, variables, "--offline")
        one = check(found, "mosaic", "dead letters")
        assert one["state"] == "warn" and one["remedy"].endswith("mcp-meter deliver --retry-dead")


def test_a_living_relay_is_seen(metered: Bench):
    with metered.session(python("call_server.py")) as session:
        session.write(b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n')
        session.read_line()
        _, found = doctor(metered.state, {}, "--offline")
        assert check(found, "ledger", "writers")["text"] == "1 relay writing now"
        assert session.finish() == 0
    _, found = doctor(metered.state, {}, "--offline")
    assert check(found, "ledger", "writers")["text"] == "0 relays writing now"


def test_for_people(tmp_path: pathlib.Path):
    done = model_calls.run(tmp_path, {}, "doctor")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "metering" and lines[-1].endswith("0 to mend")
    assert any(line.startswith("  ok    guardian") for line in lines)


# Clients' configurations

SLEEPER = "trap '' TERM HUP INT; sleep 1000 & sleep 1000; sleep 1000"


@pytest.fixture
def home(tmp_path: pathlib.Path):
    (tmp_path / "home").mkdir()
    mark = processes.new_mark()
    yield Home(tmp_path / "home", mark)
    processes.assert_gone(mark, 2.5)


class Home:
    """A project directory that is the home too, with a configuration of Claude Code's."""

    def __init__(self, path: pathlib.Path, mark: str):
        self.path = path
        self.mark = mark
        (path / "bin").mkdir()
        (path / "bin" / "mcp-meter").symlink_to(pathlib.Path(binary()).resolve())

    def configure(self, **servers: dict) -> None:
        (self.path / ".mcp.json").write_text(json.dumps({"mcpServers": servers}))

    def environment(self, **extra: str) -> dict[str, str]:
        path = f"{self.path}/bin:/usr/bin:/bin"
        return clean_environment() | {"HOME": str(self.path), "PATH": path, processes.MARK: self.mark} | extra

    def doctor(self, *arguments: str, **extra: str) -> tuple[int, dict]:
        done = subprocess.run(
            [binary(), "doctor", "--json", *arguments],
            cwd=self.path, env=self.environment(**extra), capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
        )
        assert not done.stderr
        assert SECRET not in done.stdout
        return done.returncode, json.loads(done.stdout)


def wrapped(*command: str, **variables: str) -> dict:
    return {"command": "mcp-meter", "args": list(command), "env": variables}


def shell(script: str, **variables: str) -> dict:
    return wrapped("sh", "-c", script, **variables)


def named(found: dict, name: str) -> list[tuple[str, str]]:
    return [(one["state"], one["text"]) for one in found["checks"] if one["name"] == name]


def test_wrapped_servers_are_started_as_their_clients_do(home: Home):
    server = python("call_server.py")
    home.configure(
        good=wrapped(*server, "--api-key", SECRET, MCP_METER="on", KEY=SECRET),
        dead=shell("exit 3", MCP_METER="on"),
        gone=wrapped("no-such-server", MCP_METER="on"),
        noisy=shell(f"echo ready; exec {server[0]} {server[1]}", MCP_METER="on"),
        quiet=wrapped(*server),
        disabled=wrapped("no-such-server", MCP_METER="on") | {"disabled": True},
        remote={"type": "http", "url": f"https://user:{SECRET}@example.org/mcp"},
        plain={"command": "no-such-server", "args": [SECRET]},
    )
    code, found = home.doctor()
    assert code == 1
    assert [state for state, _ in named(found, "good")] == ["ok"]
    assert re.fullmatch(r"answers after \d+ ms", named(found, "good")[0][1])
    assert named(found, "dead") == [("fail", "ends with 3 instead of answering `initialize`")]
    ((state, text),) = named(found, "gone")
    assert state == "fail" and text.startswith("`no-such-server` is not found on the PATH")
    ((state, text),) = named(found, "noisy")
    assert state == "warn" and text.endswith("writes lines that are no JSON-RPC")
    assert named(found, "quiet")[0] == ("warn", "wrapped, but no variable switches metering on")
    assert named(found, "quiet")[1][0] == "ok"
    assert check(found, "metering", "switch")["text"] == "off in this shell, on for 4 servers of clients"
    for name in ("disabled", "remote", "plain"):
        assert named(found, name) == []
    assert "not wrapped: plain" in check(found, "Claude Code", "file")["text"]
    assert not (home.path / ".local").exists(), "to be started by the doctor is no session"
    for option in ("--no-start", "--offline"):
        code, found = home.doctor(option)
        assert named(found, "good") == named(found, "dead") == [("ok", "wrapped; not started")]
        assert named(found, "gone")[0][0] == "fail"


def test_servers_that_hang_are_bounded_and_ended(home: Home):
    home.configure(**{f"s{number}": shell(SLEEPER + f"; {number}", MCP_METER="on") for number in range(6)})
    begun = time.monotonic()
    code, found = home.doctor("--patience", "1")
    assert code == 1
    for number in range(6):
        assert named(found, f"s{number}") == [("fail", "does not answer `initialize` within 1 s")]
    # Four at a time, and each is told twice to end before it is made to.
    assert time.monotonic() - begun < 2 * (1 + 5)


def test_a_server_does_not_outlive_a_doctor_that_is_killed(home: Home):
    home.configure(sleeper=shell(f"echo > {home.path}/started; {SLEEPER}", MCP_METER="on"))
    doctor = subprocess.Popen([binary(), "doctor"], cwd=home.path, env=home.environment(), stdout=subprocess.DEVNULL)
    processes.wait_until((home.path / "started").exists, 20, "the server is started")
    doctor.kill()
    doctor.wait()
    processes.assert_gone(home.mark, 2.5)


def test_a_configuration_that_is_broken_is_pointed_at(home: Home):
    (home.path / ".mcp.json").write_text('{"mcpServers": {"a": {"command": "' + SECRET + '",}\n')
    code, found = home.doctor()
    assert code == 1
    one = check(found, "Claude Code", "file")
    assert one["state"] == "fail" and f"{home.path}/.mcp.json:" in one["text"]


def test_receivers_of_clients_alone_are_looked_at_too(home: Home):
    state = home.path / "state"
    model_calls.write(state, model_calls.calls(5, 2))
    with Mosaic(script=lambda *_: status(422, body=b"no")) as mosaic:
        variables = mosaic_variables(mosaic) | {"MCP_METER_STATE_DIR": str(state)}
        home.configure(one=wrapped(*python("call_server.py"), **variables), two=wrapped(*python("call_server.py"), **variables))
        model_calls.deliver(state, variables)
        code, found = home.doctor("--no-start")
        assert named(found, "answer")[0][0] == "ok" and len(named(found, "answer")) == 1
        assert named(found, "dead letters")[0][0] == "warn"
        assert "none to go" in named(found, "progress")[0][1]
        assert code == 0
        variables |= {"MOSAIC_TELEMETRY_API_KEY": SECRET}
        home.configure(one=wrapped(*python("call_server.py"), **variables))
        code, found = home.doctor("--no-start")
    assert code == 1
    ((state_, text),) = [one for one in named(found, "one") if one[0] == "fail"]
    assert text.startswith("MOSAIC_TELEMETRY_API_KEY is no such key")


# What was metered


def test_models_without_a_price_and_servers_without_a_profile(tmp_path: pathlib.Path):
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.000001Z")

    def call(number: int, server: str, **more: object) -> dict:
        one = model_calls.calls(1, number)[0]
        for name in ("model", "usage", "cost", "provider", "model_source", "error_type", "error_code"):
            one.pop(name, None)
        return one | {"kind": "call", "direction": "client_to_server", "method": "tools/call", "time": now, "server": server, "outcome": "ok"} | more

    def model(name: str, source: str, cost: dict) -> dict:
        usage = {"source": source, "input_tokens": 10, "output_tokens": 5}
        return {"provider": "google", "model": name, "model_source": "response", "usage": usage, "cost": cost}

    priced = {"source": "priced", "usd_nanos": 7}
    model_calls.write(
        tmp_path,
        [
            call(1, "reporting", **model("gemini-2.5-pro", "reported", priced)),
            call(2, "guessed", **model("mystery-1", "estimated", {"source": "unpriced"})),
            call(3, "guessed", **model("mystery-1", "estimated", {"source": "unpriced"})),
            call(4, "files"),
            call(5, "deep-code-reasoning-mcp", **model("gemini-2.5-pro", "estimated", priced)),
            call(6, "long-ago", **model("old", "estimated", {"source": "unpriced"})) | {"time": "2020-01-01T00:00:00.000001Z"},
        ],
    )
    code, found = doctor(tmp_path, {})
    assert code == 0
    assert check(found, "last 30 days", "models")["text"] == "no price for mystery-1 (2 calls): their cost is in no sum"
    texts = [text for _, text in named(found, "servers")]
    assert texts == [
        "tokens are estimates alone of guessed, which no profile describes",
        "no model was seen at files, which no profile describes",
    ]
    profiles = tmp_path / "profiles.json"
    example = json.loads((ROOT / "examples" / "profiles.json").read_text())
    assert "acme-gemini" in json.dumps(example)
    profiles.write_text(json.dumps(example).replace('"acme-gemini"', '"guessed"'))
    code, found = doctor(tmp_path, {"MCP_METER_PROFILES": str(profiles)})
    assert [text for _, text in named(found, "servers")] == texts[1:]


def test_a_pipe_in_a_files_place_does_not_hold_it_up(tmp_path: pathlib.Path):
    os.mkfifo(tmp_path / "prices.json")
    done = model_calls.run(tmp_path, {"MCP_METER_PRICES": str(tmp_path / "prices.json")}, "doctor", seconds=30)
    assert done.returncode == 75
    assert "takes too long" in done.stderr
