"""An HTTP receiver that tests talk to: it keeps what it was sent, and misbehaves as it is told to.

    class Usage(Receiver):
        def accept(self, path, headers, body):
            return 200, {}, b"{}"

    with Usage(script=[status(503, retry_after=1), reset(accepted=True)]) as usage:
        ...  # usage.url; then usage.received, usage.requests, usage.connections

Without a subclass it takes everything. As a process of its own, which can be killed and started again, it keeps
what it took in a file before it answers (`journal`):

    receiver.py --port 4318 --state FILE [--mix SEED]
"""

import argparse
import base64
import email.utils
import gzip
import json
import os
import pathlib
import random
import signal
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

LINE_MAX = 64 << 10
ANSWER = tuple[int, dict[str, str], bytes]
REASONS = {
    200: "OK", 202: "Accepted", 204: "No Content", 301: "Moved Permanently", 400: "Bad Request",
    401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 408: "Request Timeout", 413: "Content Too Large",
    429: "Too Many Requests", 500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable",
}  # fmt: skip


@dataclass(frozen=True)
class Received:
    """A request as it arrived, its body unpacked. Names of headers are in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes
    # time.monotonic() when its last byte was there.
    time: float = field(compare=False, default=0.0)
    # Which connection it came by, from 1.
    connection: int = field(compare=False, default=0)

    @property
    def json(self) -> object:
        return json.loads(self.body)


@dataclass(frozen=True)
class Behaviour:
    """What becomes of one request. `accepted`: whether the receiver takes it, whatever it then answers."""

    kind: str
    accepted: bool = True
    seconds: float = 0.0
    code: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None


def ok() -> Behaviour:
    """Takes it and says so."""
    return Behaviour("ok")


def slow(seconds: float) -> Behaviour:
    """Takes it, and answers after so many seconds."""
    return Behaviour("ok", seconds=seconds)


def status(code: int, retry_after: float | str | None = None, body: bytes | None = None, accepted: bool = False) -> Behaviour:
    """Answers this code. `retry_after`: whole seconds, or text as it stands (see `http_date`)."""
    headers = () if retry_after is None else (("Retry-After", str(retry_after)),)
    return Behaviour("status", accepted=accepted, code=code, headers=headers, body=body)


def http_date(seconds: float) -> str:
    """That many seconds from now, as `Retry-After` and `Expires` say it."""
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


def half(accepted: bool = True) -> Behaviour:
    """Promises a body, sends half of it and closes."""
    return Behaviour("half", accepted=accepted)


def reset(accepted: bool = False, unread: bool = False) -> Behaviour:
    """A TCP reset in place of an answer; `unread`: before the body was read."""
    return Behaviour("unread" if unread else "reset", accepted=accepted and not unread)


def garbage(accepted: bool = True) -> Behaviour:
    """200 with a body that is neither JSON nor protobuf."""
    return Behaviour("status", accepted=accepted, headers=(("Content-Type", "text/html"),), body=b"<html>\xff\xfe{]</html>")


def no_content() -> Behaviour:
    """204: takes it, and has nothing to say."""
    return Behaviour("status", accepted=True, code=204, body=b"")


def never(accepted: bool = False) -> Behaviour:
    """No answer for as long as the other side holds the connection."""
    return Behaviour("never", accepted=accepted)


Script = Callable[[int, Received], Behaviour] | Sequence[Behaviour]


def mix(seed: int, share: float = 0.5, among: Sequence[Behaviour] = ()) -> Callable[[int, Received], Behaviour]:
    """`share` of all requests end in one of `among`, the same ones for the same seed and order."""
    generator = random.Random(seed)
    lock = threading.Lock()
    among = among or (
        slow(0.05), status(429, retry_after=0), status(503), status(500, accepted=True), status(502), half(),
        half(accepted=False), reset(), reset(accepted=True), reset(unread=True), garbage(), no_content(),
    )  # fmt: skip

    def choose(_: int, __: Received) -> Behaviour:
        with lock:
            return generator.choice(among) if generator.random() < share else ok()

    return choose


class Receiver:
    """Listens on a port of 127.0.0.1 from `with` on; a thread a connection, which it keeps alive."""

    def __init__(
        self,
        script: Script = (),
        *,
        port: int = 0,
        tls: "Certificate | None" = None,
        journal: pathlib.Path | None = None,
    ):
        self.script = script
        # What `accept` took, in order, and everything that came, taken or not.
        self.received: list[Received] = []
        self.requests: list[Received] = []
        self.connections = 0
        self.lock = threading.RLock()
        self.arrival = threading.Condition(self.lock)
        self._journal = Journal(journal) if journal else None
        self._scheme = "https" if tls else "http"
        self._context = tls.context() if tls else None
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=512)
        self.port: int = self._listener.getsockname()[1]

    # For subclasses.

    def accept(self, path: str, headers: dict[str, str], body: bytes) -> ANSWER:
        """Takes a message and says what a receiver of its kind says. One at a time."""
        kind = headers.get("content-type", "application/json")
        return 200, {"Content-Type": kind}, b"{}" if kind.startswith("application/json") else b""

    # For tests.

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def bodies(self, path: str | None = None) -> list[bytes]:
        with self.lock:
            return [message.body for message in self.received if path in (None, message.path)]

    def behave(self, script: Script) -> None:
        """From the next request on: this script, from its beginning."""
        with self.lock:
            self.script = script
            self._scripted = 0

    def wait(self, condition: Callable[[], object], seconds: float, what: str) -> None:
        """Until `condition`, which is asked after every request, is true; fails after `seconds`."""
        with self.arrival:
            if not self.arrival.wait_for(condition, seconds):
                raise AssertionError(f"not within {seconds} s: {what}; {len(self.requests)} requests came")

    def __enter__(self) -> "Receiver":
        thread = threading.Thread(target=self._listen, daemon=True)
        self._threads.append(thread)
        thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Refuses new connections and cuts those there are."""
        self._closing.set()
        # Closing alone would not wake who waits in accept().
        _ignoring(lambda: self._listener.shutdown(socket.SHUT_RDWR))
        self._listener.close()
        with self.lock:
            connections = list(self._open)
        for connection in connections:
            _ignoring(lambda: connection.shutdown(socket.SHUT_RDWR))
        for thread in self._threads:
            thread.join(5)
        if self._journal:
            self._journal.close()

    # One connection.

    _scripted = 0

    def _listen(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.connections += 1
                number = self.connections
                self._open.add(connection)
                thread = threading.Thread(target=self._serve, args=(connection, number), daemon=True)
                self._threads = [other for other in self._threads if other.is_alive()]
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        plain = connection
        try:
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
                with self.lock:
                    self._open.add(connection)
            stream = connection.makefile("rb")
            while not self._closing.is_set() and self._exchange(connection, stream, number):
                pass
        except (OSError, ValueError, EOFError):
            pass
        finally:
            with self.lock:
                self._open -= {plain, connection}
            connection.close()

    def _exchange(self, connection: socket.socket, stream: object, number: int) -> bool:
        """One request and its answer; False when the connection is not to be used again."""
        head = _read_head(stream)
        if head is None:
            return False
        path, headers = head
        request = Received(path, headers, b"", connection=number)
        with self.lock:
            behaviour = self._next_behaviour(request)
        if behaviour.kind == "unread":
            self._note(request)
            _abort(connection)
            return False
        if headers.get("expect", "").lower() == "100-continue":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = _read_body(stream, headers)
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        request = replace(request, body=body, time=time.monotonic())
        answer = self._take(request) if behaviour.accepted else (behaviour.code, {}, b"")
        self._note(request)
        return self._answer(connection, behaviour, answer) and headers.get("connection", "").lower() != "close"

    def _next_behaviour(self, request: Received) -> Behaviour:
        number = self._scripted
        self._scripted += 1
        if callable(self.script):
            return self.script(number, request)
        return self.script[number] if number < len(self.script) else ok()

    def _take(self, request: Received) -> ANSWER:
        with self.lock:
            answer = self.accept(request.path, request.headers, request.body)
            if 200 <= answer[0] < 300:
                if self._journal:
                    self._journal.append(request)
                self.received.append(request)
            return answer

    def _note(self, request: Received) -> None:
        with self.arrival:
            self.requests.append(request)
            self.arrival.notify_all()

    def _answer(self, connection: socket.socket, behaviour: Behaviour, answer: ANSWER) -> bool:
        code, headers, body = answer
        if behaviour.kind == "status":
            code = behaviour.code
            headers = headers | dict(behaviour.headers)
            body = body if behaviour.body is None else behaviour.body
        if behaviour.seconds and self._closing.wait(behaviour.seconds):
            return False
        if behaviour.kind == "reset":
            _abort(connection)
            return False
        if behaviour.kind == "never":
            # Its end of input is the end of its patience.
            connection.recv(1)
            return False
        head = f"HTTP/1.1 {code} {REASONS.get(code, 'Unknown')}\r\n"
        if code != 204:
            length = len(body) or 2 if behaviour.kind == "half" else len(body)
            headers = headers | {"Content-Length": str(length)}
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
        if behaviour.kind == "half":
            connection.sendall(head.encode() + (body or b"{}")[: max(1, len(body) // 2)])
            _ignoring(lambda: connection.shutdown(socket.SHUT_RDWR))
            return False
        connection.sendall(head.encode() + body)
        return True


def _ignoring(action: Callable[[], object]) -> None:
    try:
        action()
    except OSError:
        pass


def _abort(connection: socket.socket) -> None:
    """Closes with a reset, not with an end of input. A stream made of the socket holds it open."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    descriptor = connection.detach()
    os.close(descriptor)


def _read_head(stream: object) -> tuple[str, dict[str, str]] | None:
    line = stream.readline(LINE_MAX)
    words = line.decode("latin-1").split()
    if len(words) != 3:
        return None
    headers: dict[str, str] = {}
    while (line := stream.readline(LINE_MAX)) not in (b"\r\n", b"\n"):
        if not line:
            return None
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return words[1], headers


def _read_body(stream: object, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return _exactly(stream, int(headers.get("content-length", "0")))
    pieces = []
    while size := int(stream.readline(LINE_MAX).split(b";")[0], 16):
        pieces.append(_exactly(stream, size))
        stream.readline(LINE_MAX)
    while stream.readline(LINE_MAX) not in (b"\r\n", b"\n", b""):
        pass
    return b"".join(pieces)


def _exactly(stream: object, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError(f"{len(data)} of {count} bytes")
    return data


# What outlives the receiver.


class Journal:
    """What was taken, a line a message, on the disk before it is answered."""

    def __init__(self, path: pathlib.Path):
        self.file = open(path, "ab", buffering=0)
        # The line a killed receiver left half-written is no message: end it, so that it spoils no other.
        if self.file.tell() and _last_byte(path) != b"\n":
            self.file.write(b"\n")

    def append(self, request: Received) -> None:
        line = {"path": request.path, "headers": request.headers, "body": base64.b64encode(request.body).decode()}
        self.file.write(json.dumps(line).encode() + b"\n")
        os.fsync(self.file.fileno())

    def close(self) -> None:
        self.file.close()

    @staticmethod
    def read(path: pathlib.Path) -> Iterator[Received]:
        """Every message whose line is whole."""
        if not path.exists():
            return
        with open(path, "rb") as file:
            for line in file:
                try:
                    message = json.loads(line)
                except ValueError:
                    continue
                yield Received(message["path"], message["headers"], base64.b64decode(message["body"]))


def _last_byte(path: pathlib.Path) -> bytes:
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)


# TLS.


@dataclass(frozen=True)
class Certificate:
    """A server's certificate and key, and the throwaway authority that signed it, as PEM files."""

    certificate: pathlib.Path
    key: pathlib.Path
    authority: pathlib.Path

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def certificate(directory: pathlib.Path, name: str = "valid", hosts: Sequence[str] = ("localhost", "127.0.0.1"), days: int = 1) -> Certificate:
    """Makes one in `directory`. For another host: `hosts=["wrong.example"]`; expired: `days=-1`."""
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    now = datetime.datetime.now(datetime.timezone.utc)
    pem = serialization.Encoding.PEM

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    def alternative(host: str) -> x509.GeneralName:
        try:
            return x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            return x509.DNSName(host)

    def builder(subject: str, key: ec.EllipticCurvePrivateKey, authority: bool, days: int) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(named(subject))
            .issuer_name(named("Throwaway Authority"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=3))
            .not_valid_after(now + datetime.timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )

    root, leaf = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = (
        builder("Throwaway Authority", root, True, 1)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(root.public_key()), critical=False)
        .add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True)
        .sign(root, hashes.SHA256())
    )
    server = (
        builder(hosts[0], leaf, False, days)
        .add_extension(x509.SubjectAlternativeName([alternative(host) for host in hosts]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), critical=False)
        .sign(root, hashes.SHA256())
    )
    made = Certificate(*(directory / f"{name}.{suffix}" for suffix in ("crt", "key", "ca.crt")))
    made.certificate.write_bytes(server.public_bytes(pem))
    made.key.write_bytes(leaf.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    made.authority.write_bytes(authority.public_bytes(pem))
    return made


def refused_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=pathlib.Path, required=True, help="the file of what was taken")
    parser.add_argument("--mix", type=int, metavar="SEED", help="misbehave at random")
    options = parser.parse_args()
    script = () if options.mix is None else mix(options.mix)
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    with Receiver(script, port=options.port, journal=options.state) as receiver:
        print(receiver.url, flush=True)
        signal.sigwait(ends)


if __name__ == "__main__":
    main()
