"""A small world to run a document's commands in: a network, a file system view and processes of their own.

Nothing goes out and nothing comes in: its network has this machine alone, on which every port is free. Names of
hosts that documents mention lead back to it, where receivers take what they are sent, over TLS too. Whatever is still
running when the commands are over is gone with it. It needs root, and Linux.

    with a directory made once:    world = World(directory, hosts=["api.example.org"])
    as often as needed:            done = world.run(["sh", "-c", "curl …"], cwd=…, env={…})
                                   done.status, done.output, done.errors, done.received
"""

import argparse
import contextlib
import fcntl
import json
import pathlib
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from .receiver import Certificate, Receiver, certificate

# What listens, and whether by TLS: OTLP, Phoenix, Harper's operations, and every https address.
HARPER_PORT = 9925
PORTS = {4318: False, 6006: False, HARPER_PORT: False, 443: True}
MAIL_PORT = 465

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


@dataclass(frozen=True)
class Done:
    """What came of the commands, and what the receivers took meanwhile: `host:port/path`, `mail to …`."""

    status: int
    output: str
    errors: str
    received: list[str]


class World:
    def __init__(self, directory: pathlib.Path, hosts: Sequence[str]):
        self.directory = directory
        self.certificate = certificate(directory, hosts=["localhost", "127.0.0.1", *hosts])
        self.names = directory / "hosts"
        self.names.write_text("".join(f"127.0.0.1 {name}\n" for name in ["localhost", *hosts]))

    def run(
        self, command: Sequence[str], *, cwd: pathlib.Path, env: Mapping[str, str], input: str = "", seconds: float = 60
    ) -> Done:
        """Runs it to its end. `env` is all its environment but what makes it believe the receivers' certificate."""
        authority = str(self.certificate.authority)
        files = {name: str(path) for name, path in asdict(self.certificate).items()}
        order = {"command": list(command), "files": files, "names": str(self.names), "seconds": seconds, "input": input}
        order["env"] = dict(env) | {"SSL_CERT_FILE": authority, "CURL_CA_BUNDLE": authority}
        namespaces = ["--net", "--mount", "--mount-proc", "--pid", "--fork", "--kill-child"]
        done = subprocess.run(
            ["unshare", *namespaces, sys.executable, "-m", "support.world", "--cwd", str(cwd)],
            input=json.dumps(order), capture_output=True, text=True, timeout=seconds + 30,
            cwd=pathlib.Path(__file__).resolve().parent.parent,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return Done(**json.loads(done.stdout))


# Inside of it.


class Taker(Receiver):
    """Takes everything, as whatever it is sent to would."""

    def __init__(self, log: list[str], port: int, tls: Certificate | None):
        super().__init__(port=port, tls=tls)
        self.log = log

    def accept(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        self.log.append(f"{headers.get('host', '?').partition(':')[0]}:{self.port}{path}")
        if self.port == HARPER_PORT:
            return 200, {"Content-Type": "application/json"}, b'{"upserted_hashes": []}'
        return super().accept(path, headers, body)


class Mailbox:
    def __init__(self, log: list[str]):
        self.log = log

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        self.log += [f"mail to {name}" for name in envelope.rcpt_tos]
        return "250 OK"


def bring_up_loopback() -> None:
    with socket.socket() as any_socket:
        request = struct.pack("16sH", b"lo", 0)
        _, flags = struct.unpack("16sH", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH", b"lo", flags | IFF_UP))


@contextlib.contextmanager
def mail_server(log: list[str], files: Certificate):
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    controller = Controller(
        Mailbox(log), hostname="127.0.0.1", port=MAIL_PORT, ssl_context=context, auth_require_tls=False,
        authenticator=lambda *_: AuthResult(success=True),
    )  # fmt: skip
    controller.start()
    try:
        yield
    finally:
        controller.stop()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cwd", required=True)
    cwd = parser.parse_args().cwd
    order = json.load(sys.stdin)
    bring_up_loopback()
    subprocess.run(["mount", "--bind", order["names"], "/etc/hosts"], check=True)
    files = Certificate(**{name: pathlib.Path(path) for name, path in order["files"].items()})
    log: list[str] = []
    with contextlib.ExitStack() as stack:
        for port, by_tls in PORTS.items():
            stack.enter_context(Taker(log, port, files if by_tls else None))
        stack.enter_context(mail_server(log, files))
        # Files: what is left running would hold a pipe open for as long as it lives.
        given, output, errors = (stack.enter_context(tempfile.TemporaryFile("w+")) for _ in range(3))
        given.write(order["input"])
        given.seek(0)
        done = subprocess.run(
            order["command"], stdin=given, stdout=output, stderr=errors, cwd=cwd, env=order["env"],
            timeout=order["seconds"], start_new_session=True,
        )  # fmt: skip
        output.seek(0)
        errors.seek(0)
        json.dump(asdict(Done(done.returncode, output.read(), errors.read(), log)), sys.stdout)
    # This process is the first of its namespace, and takes the others with it.


if __name__ == "__main__":
    main()
