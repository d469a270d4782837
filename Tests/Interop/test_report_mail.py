"""Mails as a real server receives them: over TLS, with a password, both parts there."""

import contextlib
import datetime
import email
import email.policy
import os
import pathlib
import re
import socket
import ssl
import subprocess
from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from support import spending
from support.receiver import certificate

ROOT = pathlib.Path(__file__).resolve().parents[2]
METER = ROOT / ".build" / "release" / "mcp-meter"
PASSWORD = "open sesame"

# It cannot know that its TLS is there from the first byte.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH")


class Box:
    """Keeps what comes; says `answer` to the message itself."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []
        self.users: list[str] = []
        self.answer = "250 OK"

    def authenticate(self, server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
        self.users.append(data.login.decode())
        return AuthResult(success=data.password.decode() == PASSWORD, handled=False)

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
        if self.answer.startswith("250"):
            self.mails.append(envelope)
        return self.answer


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> object:
    return certificate(tmp_path_factory.mktemp("certificate"))


@contextlib.contextmanager
def serving(box: Box, files: object | None, starttls: bool = False) -> Iterator[str]:
    context = None
    if files:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.certificate, files.key)
    how: dict = {"authenticator": box.authenticate, "auth_required": bool(files)}
    if starttls:
        how |= {"tls_context": context, "require_starttls": True}
    elif context:
        how |= {"ssl_context": context, "auth_require_tls": False}
    # The controller connects to the port it was told: it cannot be told any.
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port, **how)
    controller.start()
    try:
        yield f"{'smtps' if context and not starttls else 'smtp'}://127.0.0.1:{port}"
    finally:
        controller.stop()


def run(state: pathlib.Path, url: str, *words: str, **variables: str) -> subprocess.CompletedProcess:
    environment = {
        "PATH": os.environ["PATH"],
        "MCP_METER_STATE_DIR": str(state),
        "MCP_METER_SMTP_URL": url,
        "TZ": "UTC",
        **variables,
    }
    return subprocess.run([METER, "report", *words], env=environment, capture_output=True, text=True, timeout=60)


def credentials(files: object) -> dict[str, str]:
    return {
        "MCP_METER_SMTP_USER": "meter@example.org",
        "MCP_METER_SMTP_PASSWORD": PASSWORD,
        "SSL_CERT_FILE": str(files.authority),
    }


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    state = tmp_path_factory.mktemp("spending")
    spending.write(state, 500, seed=5)
    return state


@pytest.mark.parametrize("starttls", [False, True])
def test_a_server_gets_both_parts_over_tls(ledger: pathlib.Path, files: object, starttls: bool) -> None:
    box = Box()
    words = ["--since", "2026-10-20", "--until", "2026-11-04", "--mail", "one@example.org", "--mail", "two@example.net"]
    with serving(box, files, starttls) as url:
        done = run(ledger, url, *words, **credentials(files))
    assert done.returncode == 0, done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    assert box.users == ["meter@example.org"]
    (envelope,) = box.mails
    assert envelope.mail_from == "meter@example.org"
    assert envelope.rcpt_tos == ["one@example.org", "two@example.net"]
    assert all(len(line) <= 78 for line in envelope.content.split(b"\r\n"))
    mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert not mail.defects
    assert mail["To"] == "one@example.org, two@example.net"
    assert re.fullmatch(r"mcp-meter: \$[\d,.]+, 2026-10-20 to 2026-11-04", mail["Subject"])
    age = datetime.datetime.now(datetime.timezone.utc) - mail["Date"].datetime
    assert abs(age.total_seconds()) < 60
    assert mail["Message-ID"].endswith("@example.org>")
    assert mail.get_content_type() == "multipart/alternative"
    text, html = mail.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    amount = re.search(r"\$[\d,.]+\d", mail["Subject"]).group()
    for part in (text, html):
        assert amount in part.get_content()
        assert "gemini-2.5-pro" in part.get_content()
    assert "größe:8b" in html.get_content()
    assert not re.search(r"<script|<link|<img|src=|href=|url\(|@import|\x1b", html.get_content())
    assert "\x1b" not in text.get_content()


def test_a_stranger_or_an_open_line_gets_nothing(ledger: pathlib.Path, files: object) -> None:
    box = Box()
    with serving(box, files) as url:
        stranger = run(
            ledger, url, "--mail", "a@example.org", **credentials(files) | {"SSL_CERT_FILE": "/etc/ssl/cert-none.pem"}
        )
        wrong = run(
            ledger, url, "--mail", "a@example.org", **credentials(files) | {"MCP_METER_SMTP_PASSWORD": "not it"}
        )
    for done in (stranger, wrong):
        assert done.returncode == 75
        assert len(done.stderr.splitlines()) == 1 and "was not mailed" in done.stderr
        assert "not it" not in done.stderr
    assert box.users == ["meter@example.org"] and box.mails == []
    # A server elsewhere that offers no TLS: this one, by a name that is not this machine's own.
    with serving(box, None) as url:
        port = url.rsplit(":", 1)[1]
        plain = run(ledger, f"smtp://0:{port}", "--mail", "a@example.org")
    assert plain.returncode == 75 and box.mails == []


def test_this_machine_may_be_told_in_the_open(ledger: pathlib.Path) -> None:
    box = Box()
    with serving(box, None) as url:
        done = run(ledger, url, "--mail", "a@example.org", "--from", "meter@example.org")
    assert done.returncode == 0, done.stderr
    assert box.mails[0].mail_from == "meter@example.org"


@pytest.mark.parametrize("period", ["weekly", "monthly"])
def test_a_whole_week_or_month_is_mailed_once(tmp_path: pathlib.Path, period: str) -> None:
    box = Box()
    words = ["--period", period, "--mail", "a@example.org"]
    with serving(box, None) as url:
        box.answer = "451 try later"
        assert run(tmp_path, url, *words).returncode == 75
        box.answer = "250 OK"
        assert run(tmp_path, url, *words).returncode == 0
        again = run(tmp_path, url, *words)
        assert again.returncode == 0 and "was mailed before" in again.stderr
        assert len(box.mails) == 1
        # Other people, or another report, are another matter; a period that goes on is none.
        assert run(tmp_path, url, *words, "--mail", "b@example.org").returncode == 0
        assert run(tmp_path, url, *words, "--by", "tool").returncode == 0
        for _ in range(2):
            assert run(tmp_path, url, "--period", "this-week", "--mail", "a@example.org").returncode == 0
        assert len(box.mails) == 5
        for stamp in (tmp_path / "reports").iterdir():
            stamp.write_text("2001-W01\n")
        assert run(tmp_path, url, *words).returncode == 0
    assert len(box.mails) == 6


@pytest.mark.parametrize(
    ("url", "status", "said"),
    [
        ("", 78, "needs MCP_METER_SMTP_URL"),
        ("http://mail.example.org", 78, "expected smtps://host"),
        ("smtps://me:hush@", 78, "expected smtps://host"),
        ("smtp://127.0.0.1:1", 75, "was not mailed"),
    ],
)
def test_what_cannot_be_sent_is_said(tmp_path: pathlib.Path, url: str, status: int, said: str) -> None:
    done = run(tmp_path, url, "--mail", "a@example.org")
    assert done.returncode == status
    assert said in done.stderr and "hush" not in done.stderr and len(done.stderr.splitlines()) == 1
