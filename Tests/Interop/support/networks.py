"""What stands between a sender and a receiver: proxies, name servers that do not answer, hosts that are not there."""

import contextlib
import pathlib
import socket
import subprocess
import threading
from collections.abc import Iterator


class Proxy:
    """An HTTP proxy on 127.0.0.1: `CONNECT` for https, whole URLs for http. Keeps the first lines it got and the credentials."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.credentials: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = [self._listener]
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Proxy":
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._sockets.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            data = b""
            while b"\r\n\r\n" not in data:
                data += client.recv(65536) or _nothing()
            head, _, rest = data.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            self.lines.append(lines[0])
            self.credentials += [line.split(": ", 1)[1] for line in lines if line.lower().startswith("proxy-authorization")]
            method, target, version = lines[0].split()
            address = target if method == "CONNECT" else target.split("/")[2]
            host, _, port = address.rpartition(":")
            server = socket.create_connection((host, int(port)))
            self._sockets.append(server)
            if method == "CONNECT":
                client.sendall(b"HTTP/1.1 200 Connected\r\nRetry-After: 77\r\n\r\n")
            else:
                lines[0] = f"{method} /{target.split('/', 3)[3]} {version}"
                server.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + rest)
            threading.Thread(target=_copy, args=(server, client), daemon=True).start()
            _copy(client, server)


def _nothing() -> bytes:
    raise OSError("the end of the input")


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def unreachable() -> Iterator[str]:
    """The address of a host that never answers a SYN: its queue of connections is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def hung_resolver(directory: pathlib.Path) -> pathlib.Path:
    """A library to preload, with which every name takes a minute to be looked up."""
    source, library = directory / "hung.c", directory / "hung.so"
    source.write_text(
        "#include <netdb.h>\n#include <unistd.h>\n"
        "int getaddrinfo(const char *n, const char *s, const struct addrinfo *h, struct addrinfo **r)\n"
        "{ (void)n; (void)s; (void)h; (void)r; sleep(60); return EAI_AGAIN; }\n"
    )
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
    return library
