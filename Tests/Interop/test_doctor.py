"""`mcp-meter doctor`: one line a check, what mends it, and nobody's secrets."""

import json
import pathlib

import pytest

from support import model_calls
from support.receiver import Receiver, certificate, refused_port, status
from support.relay import Bench, python
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
