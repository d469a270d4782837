"""A real Prometheus, as Debian packages it."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.parse
import urllib.request

from .relay import ROOT

EXAMPLES = ROOT / "examples" / "prometheus"


def promtool(*arguments: str, data: bytes | None = None, cwd: pathlib.Path | None = None) -> subprocess.CompletedProcess:
    return subprocess.run(["promtool", *arguments], input=data, capture_output=True, timeout=60, cwd=cwd)


class Prometheus:
    """Scrapes one target every second, with the rules of examples/prometheus evaluated as often."""

    def __init__(self, directory: pathlib.Path, target: int):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        directory.mkdir()
        config = (EXAMPLES / "prometheus.yml").read_text().replace("127.0.0.1:9091", f"127.0.0.1:{target}")
        for name in ("scrape_interval: 15s", "evaluation_interval: 30s"):
            assert name in config
            config = config.replace(name, name.split(":")[0] + ": 1s")
        (directory / "prometheus.yml").write_text(config)
        for name in ("mcp-meter.rules.yml", "mcp-meter.alerts.yml"):
            rules = (EXAMPLES / name).read_text()
            (directory / name).write_text(rules.replace("interval: 30s", "interval: 1s").replace("interval: 1m", "interval: 1s"))
        self.log = open(directory / "log", "wb")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/data",
             f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=dict(os.environ) | {"GOMAXPROCS": "1"},
        )  # fmt: skip
        self.url = f"http://127.0.0.1:{self.port}"
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            assert self.process.poll() is None, pathlib.Path(self.log.name).read_text()
            try:
                urllib.request.urlopen(self.url + "/-/ready", timeout=2).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("Prometheus does not come up")

    def get(self, path: str, **parameters: str) -> dict:
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}", timeout=30) as answer:
            found = json.load(answer)
        assert found["status"] == "success", found
        return found["data"]

    def query(self, query: str) -> list[dict]:
        """The samples of an instant query."""
        return self.get("query", query=query)["result"]

    def value(self, query: str) -> float:
        (sample,) = self.query(query)
        return float(sample["value"][1])

    def scrapes(self) -> int:
        """Successful scrapes so far."""
        found = self.query('sum_over_time(up{job="mcp-meter"}[1h])')
        return int(float(found[0]["value"][1])) if found else 0

    def close(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
