"""The HTTP transport against TLS, proxies and networks as they are, through `delivery-probe`."""

import functools
import os
import pathlib
import ssl
import subprocess
import time
from dataclasses import dataclass

import pytest
from support import networks, relay
from support.receiver import Certificate, Receiver, certificate, never

PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
TRUST_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE")
# Of the two builds of libcurl that Debian has, whichever are there.
FLAVOURS = ("libcurl.so.4", "libcurl-gnutls.so.4")


@functools.cache
def probe() -> str:
    """`delivery-probe` of the same build as what is under test, made if it is not there."""
    path = relay.ROOT / ".build" / "release" / "delivery-probe"
    command = ["swift", "build", "-c", "release", "--static-swift-stdlib", "--disable-local-rpath", "--product", path.name]
    subprocess.run(command, cwd=relay.ROOT, check=True, timeout=900, stdout=subprocess.DEVNULL)
    return str(path)


@dataclass(frozen=True)
class Sent:
    outcome: str
    milliseconds: int
    words: list[str]


@dataclass(frozen=True)
class Run:
    sent: list[Sent]
    rate: int
    # Resident, in KiB: at the start, after a tenth of the requests, at the end.
    resident: tuple[int, int, int]

    @property
    def only(self) -> Sent:
        assert len(self.sent) == 1
        return self.sent[0]


def send(url: str, *options: object, env: dict[str, str] | None = None) -> Run:
    hidden = {name for variable in PROXY_VARIABLES + TRUST_VARIABLES for name in (variable, variable.upper())}
    environment = {name: value for name, value in os.environ.items() if name not in hidden} | (env or {})
    done = subprocess.run(
        [probe(), url, *map(str, options)], env=environment, capture_output=True, text=True, timeout=120, check=True
    )
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    end = lines.pop()
    resident = int(end[3]), int(end[4]), int(end[5])
    return Run([Sent(line[0], int(line[1]), line[2:]) for line in lines], int(end[2]), resident)


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    """Not on the clock of the first test."""
    probe()


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("tls"))


# Trust.


@pytest.mark.parametrize("library", FLAVOURS)
def test_nobody_is_trusted_unless_somebody_trusted_says_so(valid: Certificate, library: str) -> None:
    with Receiver(tls=valid) as receiver:
        sent = send(receiver.url, "--library", library).only
        assert sent.outcome == "untrusted"
        assert receiver.url in sent.words[0] and "certificate" in sent.words[0]
        assert receiver.requests == []


@pytest.mark.parametrize("library", FLAVOURS)
@pytest.mark.parametrize("way", ["--authority", "SSL_CERT_FILE", "CURL_CA_BUNDLE"])
def test_an_authority_can_be_named(valid: Certificate, library: str, way: str) -> None:
    options = ["--authority", valid.authority] if way == "--authority" else []
    env = {} if options else {way: str(valid.authority)}
    with Receiver(tls=valid) as receiver:
        run = send(receiver.url, "--library", library, "--count", 3, *options, env=env)
        assert [sent.words[0] for sent in run.sent] == ["200"] * 3
        assert receiver.connections == 1


def test_a_directory_of_authorities(valid: Certificate, tmp_path: pathlib.Path) -> None:
    hashed = subprocess.run(["openssl", "x509", "-hash", "-noout", "-in", valid.authority], capture_output=True, text=True, check=True)
    (tmp_path / f"{hashed.stdout.strip()}.0").write_bytes(valid.authority.read_bytes())
    with Receiver(tls=valid) as receiver:
        assert send(receiver.url, env={"SSL_CERT_DIR": str(tmp_path)}).only.words[0] == "200"


def test_the_requests_own_authority_is_the_only_one(valid: Certificate, tmp_path: pathlib.Path) -> None:
    other = certificate(tmp_path)
    with Receiver(tls=valid) as receiver:
        env = {"SSL_CERT_FILE": str(valid.authority)}
        assert send(receiver.url, "--authority", other.authority, env=env).only.outcome == "untrusted"


@pytest.mark.parametrize("library", FLAVOURS)
@pytest.mark.parametrize("flaw", [{"hosts": ["wrong.example"]}, {"days": -1}], ids=["another host's", "expired"])
def test_a_certificate_that_is_not_good_is_not_taken(tmp_path: pathlib.Path, library: str, flaw: dict) -> None:
    bad = certificate(tmp_path, **flaw)
    with Receiver(tls=bad) as receiver:
        sent = send(receiver.url, "--authority", bad.authority, "--library", library).only
        assert sent.outcome == "untrusted", sent
        assert receiver.requests == []


@pytest.mark.parametrize("library", FLAVOURS)
@pytest.mark.parametrize("content", [None, "", "-----BEGIN CERTIFICATE-----\nAAAA\n"], ids=["missing", "empty", "damaged"])
@pytest.mark.parametrize("option", ["--authority", "--certificate", "--key"])
def test_a_pem_file_that_cannot_be_used_needs_a_hand(
    valid: Certificate, tmp_path: pathlib.Path, library: str, option: str, content: str | None
) -> None:
    path = tmp_path / "bad.pem"
    if content is not None:
        path.write_text(content)
    options: dict[str, object] = {"--authority": valid.authority, option: path}
    if option == "--key":
        options["--certificate"] = valid.certificate
    with Receiver(tls=valid) as receiver:
        sent = send(receiver.url, "--library", library, *(word for pair in options.items() for word in pair)).only
    if content:
        # GnuTLS says of a damaged certificate of ours that the connection failed.
        assert sent.outcome == "untrusted" or (library == "libcurl-gnutls.so.4" and sent.outcome == "failed"), sent
    else:
        assert sent.outcome == "untrusted", sent
        assert str(path) in sent.words[0]


@pytest.mark.parametrize("library", FLAVOURS)
def test_our_own_certificate_is_shown(valid: Certificate, tmp_path: pathlib.Path, library: str) -> None:
    own, key = tmp_path / "own.crt", tmp_path / "own.key"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=us", "-days", "1"]
    subprocess.run([*make, "-out", own, "-keyout", key], check=True, capture_output=True)

    class Demanding(Certificate):
        def context(self) -> ssl.SSLContext:
            context = super().context()
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(own)
            return context

    with Receiver(tls=Demanding(valid.certificate, valid.key, valid.authority)) as receiver:
        options = ["--library", library, "--authority", valid.authority]
        assert send(receiver.url, *options).only.outcome == "failed"
        assert send(receiver.url, *options, "--certificate", own, "--key", key).only.words[0] == "200"


# Proxies.


@pytest.mark.parametrize("variable", ["http_proxy", "all_proxy", "ALL_PROXY"])
def test_http_goes_through_the_proxy(variable: str) -> None:
    with Receiver() as receiver, networks.Proxy() as proxy:
        assert send(receiver.url + "/x", env={variable: proxy.url}).only.words[0] == "200"
        assert proxy.lines == [f"POST {receiver.url}/x HTTP/1.1"]


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY"])
def test_https_goes_through_the_proxy(valid: Certificate, variable: str) -> None:
    with Receiver(tls=valid) as receiver, networks.Proxy() as proxy:
        url = proxy.url.replace("//", "//user:s3cret@")
        sent = send(receiver.url, "--authority", valid.authority, "--header", "Authorization:mine", env={variable: url}).only
        assert sent.words[0] == "200"
        # What the proxy says about coming back is not the receiver's.
        assert sent.words[1] == "-"
        assert proxy.lines == [f"CONNECT 127.0.0.1:{receiver.port} HTTP/1.1"]
        assert proxy.credentials == ["Basic dXNlcjpzM2NyZXQ="]
        assert receiver.requests[0].headers["authorization"] == "mine"


def test_no_proxy_is_honoured() -> None:
    with Receiver() as receiver, networks.Proxy() as proxy:
        env = {"http_proxy": proxy.url, "no_proxy": "127.0.0.1"}
        assert send(receiver.url, env=env).only.words[0] == "200"
        assert proxy.lines == []


@pytest.mark.parametrize(
    "url", ["x://user:s3cret@127.0.0.1:1", "http://user:s3cret@127.0.0.1:1", "http://user:s3cret /@h", "user:s3cret@127.0.0.1:bad"]
)
def test_a_proxys_password_is_in_no_error(url: str) -> None:
    sent = send("http://127.0.0.1:1/", env={"http_proxy": url}).only
    assert sent.outcome == "failed"
    assert "s3cret" not in " ".join(sent.words)


# Time.


def test_a_host_that_does_not_answer_is_waited_for_as_long_as_was_said() -> None:
    with networks.unreachable() as address:
        sent = send(f"http://{address}", "--timeout", 500).only
    assert sent.outcome == "failed"
    assert 450 <= sent.milliseconds < 1500


def test_a_stop_ends_waiting_for_a_connection() -> None:
    with networks.unreachable() as address:
        sent = send(f"http://{address}", "--stop-after", 500).only
    assert sent.outcome == "stopped"
    assert sent.milliseconds < 800


def test_a_stop_ends_waiting_for_an_answer() -> None:
    with Receiver([never()]) as receiver:
        sent = send(receiver.url, "--stop-after", 500).only
    assert sent.outcome == "stopped"
    assert sent.milliseconds < 800


@pytest.mark.parametrize("library", FLAVOURS)
def test_a_name_server_that_hangs_holds_nothing_up(tmp_path: pathlib.Path, library: str) -> None:
    env = {"LD_PRELOAD": str(networks.hung_resolver(tmp_path))}
    start = time.monotonic()
    sent = send("http://receiver.invalid", "--library", library, "--timeout", 500, "--count", 2, env=env).sent
    assert [each.outcome for each in sent] == ["failed"] * 2
    assert all(450 <= each.milliseconds < 1500 for each in sent), sent
    sent = send("http://receiver.invalid", "--library", library, "--stop-after", 500, env=env).sent
    assert sent[0].outcome == "stopped" and sent[0].milliseconds < 800
    # Nor is the end of either process: a minute is what a name takes here.
    assert time.monotonic() - start < 20


# Memory.


@pytest.mark.parametrize("kind", ["http", "https"])
def test_ten_thousand_requests_need_no_more_memory_than_a_thousand(valid: Certificate, kind: str) -> None:
    with Receiver(tls=valid if kind == "https" else None) as receiver:
        # Received messages are not what is measured.
        receiver.accept = lambda *_: (204, {}, b"")  # type: ignore[method-assign]
        run = send(receiver.url, "--authority", valid.authority, "--count", 10_000, "--body", 5000, "--gzip", "--quiet")
        assert receiver.connections == 1
        print(f"{kind}: {run.rate} requests/s, resident {run.resident} KiB")
        assert run.resident[2] - run.resident[1] < 512
