"""`mcp-meter serve` as a process, and what it answers."""

import gzip
import http.client
import json
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping

from . import processes
from .relay import binary, clean_environment


class Serve:
    """A running `serve` over one state directory, on a port of its own."""

    def __init__(self, state: pathlib.Path, environment: Mapping[str, str] | None = None, seconds: float = 20):
        self.state = state
        variables = clean_environment() | {"MCP_METER": "on", "MCP_METER_STATE_DIR": str(state), "HOME": str(state)}
        self.process = subprocess.Popen(
            [binary(), "serve", "--listen", "127.0.0.1:0"],
            env=variables | dict(environment or {}), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.pid = self.process.pid
        self.said: list[str] = []
        self.started = time.monotonic()
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()
        found = processes.wait_until(self._address, seconds, "serve says where it listens")
        self.port = int(found)  # type: ignore[call-overload]

    def _listen(self) -> None:
        for line in self.process.stderr:
            self.said.append(line)

    def _address(self) -> str | None:
        assert self.process.poll() is None, self.said
        found = re.search(r"serving http://127\.0\.0\.1:(\d+)/", "".join(self.said))
        return found[1] if found else None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            data = answer.read()
            found = {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()
        if found.get("content-encoding") == "gzip":
            data = gzip.decompress(data)
        return answer.status, found, data

    def metrics(self, **headers: str) -> str:
        status, _, data = self.ask("GET", "/metrics", **headers)
        assert status == 200, data
        return data.decode()

    def post(self, records: dict | Iterable[dict], **headers: str) -> dict:
        body = json.dumps(records if isinstance(records, dict) else list(records)).encode()
        status, _, data = self.ask("POST", "/usage", body, **{"Content_Type": "application/json"} | headers)
        if status == 503:
            raise ConnectionError(data)
        assert status == 200, (status, data)
        return json.loads(data)

    def is_ready(self) -> bool:
        return self.ask("GET", "/readyz")[0] == 200

    def wait_ready(self, seconds: float = 60) -> "Serve":
        processes.wait_until(self.is_ready, seconds, "serve has read the ledger")
        return self

    def end(self) -> float:
        """SIGTERM; the seconds it took."""
        start = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(20)
        assert status == 0, (status, self.said)
        return time.monotonic() - start

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(5)
        self.process.stderr.close()

    def __enter__(self) -> "Serve":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def resident(serve: Serve) -> tuple[float, float]:
    """MiB: now, and the most there ever was."""
    return processes.status_kib(serve.pid, "VmRSS") / 1024, processes.status_kib(serve.pid, "VmHWM") / 1024


def samples(text: str) -> dict[str, float]:
    """Every series of an exposition, by name and labels as they stand there; each stands there once."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            assert name not in found, f"{name} twice"
            found[name] = float(value)
    return found


def total(found: Mapping[str, float], name: str, *labels: str) -> float:
    """The sum over a family's series that have all of these labels, such as `type="input"`."""
    return sum(value for key, value in found.items() if key.split("{")[0] == name and all(label in key for label in labels))


class Client:
    """One raw connection."""

    def __init__(self, serve: Serve, seconds: float = 30):
        self.socket = socket.create_connection(("127.0.0.1", serve.port), timeout=30)
        self.socket.settimeout(seconds)

    def send(self, data: bytes) -> bool:
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def rest(self) -> bytes:
        """All that comes until the other side closes."""
        data = b""
        try:
            while chunk := self.socket.recv(65536):
                data += chunk
        except ConnectionResetError:
            pass
        return data

    def finish(self) -> bytes:
        """Says that nothing more comes, and gives all that comes back."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # The other side was faster.
        return self.rest()

    def close(self) -> None:
        self.socket.close()


def said(serve: Serve, data: bytes) -> bytes:
    client = Client(serve)
    client.send(data)
    try:
        return client.finish()
    finally:
        client.close()
