"""`mcp-meter report --mail … --sendmail`: what a sendmail is handed, and what comes of one that fails."""

import dataclasses
import email
import email.policy
import json
import pathlib
import re
import subprocess
import sys

import pytest
from support import spending

ROOT = pathlib.Path(__file__).resolve().parents[2]
METER = ROOT / ".build" / "release" / "mcp-meter"

FAKE = """#!{python}
import json, os, pathlib, sys
box = pathlib.Path({box!r})
number = len(list(box.glob("*.json")))
if {reads}:
    (box / f"{{number}}.eml").write_bytes(sys.stdin.buffer.read())
kept = {{"argv": sys.argv, "variables": sorted(os.environ)}}
(box / f"{{number}}.json").write_text(json.dumps(kept))
sys.exit({status})
"""


@dataclasses.dataclass
class Sendmail:
    """A program of that name, first in PATH, that keeps what it is handed."""

    folder: pathlib.Path

    def behave(self, status: int = 0, reads: bool = True) -> None:
        (self.folder / "box").mkdir(exist_ok=True)
        program = self.folder / "sendmail"
        text = FAKE.format(python=sys.executable, box=str(self.folder / "box"), reads=reads, status=status)
        program.write_text(text)
        program.chmod(0o755)

    def calls(self) -> list[dict]:
        return [json.loads(path.read_text()) for path in sorted((self.folder / "box").glob("*.json"))]

    def messages(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted((self.folder / "box").glob("*.eml"))]


@pytest.fixture
def sendmail(tmp_path: pathlib.Path) -> Sendmail:
    (tmp_path / "bin").mkdir()
    made = Sendmail(tmp_path / "bin")
    made.behave()
    return made


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    state = tmp_path_factory.mktemp("spending")
    spending.write(state, 500, seed=5)
    return state


def run(state: pathlib.Path, path: pathlib.Path | str, *words: str, **variables: str) -> subprocess.CompletedProcess:
    environment = {"PATH": str(path), "MCP_METER_STATE_DIR": str(state), "TZ": "UTC", **variables}
    command = [METER, "report", "--sendmail", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def test_it_is_handed_the_whole_mail(ledger: pathlib.Path, sendmail: Sendmail) -> None:
    words = ["--since", "2026-10-20", "--until", "2026-11-04", "--mail", "one@example.org", "--mail", "two@example.net"]
    secrets = {"EVALOPS_TOKEN": "pk_1", "MCP_METER_SMTP_PASSWORD": "hush"}
    done = run(ledger, sendmail.folder, *words, "--from", "meter@example.org", **secrets)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "mailed to one@example.org, two@example.net\n" and done.stderr == ""
    (call,) = sendmail.calls()
    # `-i`: a line of one dot ends no mail. `--`: no recipient is an option.
    assert call["argv"][1:] == ["-i", "-f", "meter@example.org", "--", "one@example.org", "two@example.net"]
    assert not set(secrets) & set(call["variables"])
    (message,) = sendmail.messages()
    assert b"\r" not in message and message.isascii()
    assert all(len(line) <= 78 for line in message.split(b"\n"))
    mail = email.message_from_bytes(message, policy=email.policy.default)
    assert not mail.defects and not any(part.defects for part in mail.walk())
    assert mail["MIME-Version"] == "1.0"
    assert (mail["From"], mail["To"]) == ("mcp-meter <meter@example.org>", "one@example.org, two@example.net")
    assert re.fullmatch(r"mcp-meter: \$[\d,.]+, 2026-10-20 to 2026-11-04", mail["Subject"])
    assert mail["Date"].datetime and mail["Message-ID"]
    assert mail.get_content_type() == "multipart/alternative"
    text, html = mail.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    amount = re.search(r"\$[\d,.]+\d", mail["Subject"]).group()
    for part in (text, html):
        assert amount in part.get_content() and "größe:8b" in part.get_content()


def test_nobody_is_named_as_the_sender_unless_one_is_given(ledger: pathlib.Path, sendmail: Sendmail) -> None:
    """It knows better than we do who runs it."""
    assert run(ledger, sendmail.folder, "--mail", "a@example.org").returncode == 0
    assert sendmail.calls()[0]["argv"][1:] == ["-i", "--", "a@example.org"]


@pytest.mark.parametrize("status", [1, 67, 75, 78])
def test_a_sendmail_that_fails_is_told_of(tmp_path: pathlib.Path, sendmail: Sendmail, status: int) -> None:
    sendmail.behave(status)
    done = run(tmp_path, sendmail.folder, "--mail", "a@example.org")
    assert done.returncode == 75 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert "was not mailed" in line and str(sendmail.folder / "sendmail") in line and str(status) in line


def test_a_sendmail_that_does_not_read_is_judged_by_how_it_ends(ledger: pathlib.Path, sendmail: Sendmail) -> None:
    """More than a pipe holds, so that writing it fails."""
    words = ["--since", "2026-10-20", "--until", "2026-11-04", "--by", "day,model,tool", "--top", "500"]
    assert run(ledger, sendmail.folder, *words, "--mail", "a@example.org").returncode == 0
    assert len(sendmail.messages()[0]) > 1 << 17
    for status, said in [(70, "ended with status 70"), (0, "write")]:
        sendmail.behave(status, reads=False)
        done = run(ledger, sendmail.folder, *words, "--mail", "a@example.org")
        assert done.returncode == 75
        (line,) = done.stderr.splitlines()
        assert "was not mailed" in line and said in line


def test_no_sendmail_is_said(tmp_path: pathlib.Path) -> None:
    places = [pathlib.Path(place) for place in ("/usr/sbin/sendmail", "/usr/lib/sendmail", "/usr/bin/sendmail")]
    assert not any(place.exists() for place in places), "this machine has one, and would send a real mail"
    done = run(tmp_path, tmp_path / "nothing", "--mail", "a@example.org")
    assert done.returncode == 69
    (line,) = done.stderr.splitlines()
    assert "no sendmail" in line and str(tmp_path / "nothing") in line
    assert all(str(place.parent) in line for place in places)


def test_a_sendmail_that_may_not_be_run_is_none(tmp_path: pathlib.Path, sendmail: Sendmail) -> None:
    (sendmail.folder / "sendmail").chmod(0o644)
    assert run(tmp_path, sendmail.folder, "--mail", "a@example.org").returncode == 69


@pytest.mark.parametrize("period", ["weekly", "monthly"])
def test_a_whole_week_or_month_is_mailed_once(tmp_path: pathlib.Path, sendmail: Sendmail, period: str) -> None:
    state = tmp_path / "state"
    words = ["--period", period, "--mail", "a@example.org"]
    sendmail.behave(status=75)
    assert run(state, sendmail.folder, *words).returncode == 75
    sendmail.behave()
    assert run(state, sendmail.folder, *words).returncode == 0
    again = run(state, sendmail.folder, *words)
    assert again.returncode == 0 and "was mailed before" in again.stderr
    assert len(sendmail.calls()) == 2  # the one that failed, and the one that did not
    assert run(state, sendmail.folder, *words, "--mail", "b@example.org").returncode == 0
    assert len(sendmail.calls()) == 3


def test_two_at_once_send_one(tmp_path: pathlib.Path, sendmail: Sendmail) -> None:
    """Two lines of cron for the same mail."""
    state = tmp_path / "state"
    environment = {"PATH": str(sendmail.folder), "MCP_METER_STATE_DIR": str(state), "TZ": "UTC"}
    command = [METER, "report", "--sendmail", "--period", "weekly", "--mail", "a@example.org"]
    running = [subprocess.Popen(command, env=environment, stdout=-3, stderr=subprocess.PIPE) for _ in range(5)]
    statuses = [(process.wait(60), process.communicate()[1].decode()) for process in running]
    assert len(sendmail.calls()) == 1, statuses
    assert {status for status, _ in statuses} <= {0, 75}
    for status, said in statuses:
        assert said == "" or ("mailing this report" if status else "was mailed before") in said
