"""`serve` as a service: what it tells its manager, and the files that make it one."""

import os
import pathlib
import plistlib
import shutil
import signal
import socket
import subprocess

import pytest
import yaml
from support import processes
from support.relay import ROOT, binary, clean_environment
from support.serving import Serve

EXAMPLES = ROOT / "examples"
UNIT = EXAMPLES / "systemd" / "mcp-meter.service"


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: pathlib.Path):
    """A datagram socket such as a service manager listens on, and its name."""
    name = str(tmp_path / "notify") if request.param == "path" else f"@mcp-meter-{processes.new_mark()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name.replace("@", "\0"))
        listening.settimeout(10)
        yield name, listening


def test_the_manager_hears_of_every_turn(manager: tuple[str, socket.socket], tmp_path: pathlib.Path):
    name, listening = manager
    with Serve(tmp_path / "state", {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "600000"}) as serve:
        assert listening.recv(1000).decode().split("\n") == ["READY=1", f"STATUS=serving port {serve.port}"]
        # Twice within the time after which it would be killed.
        for _ in range(3):
            listening.settimeout(0.6 + 1)
            assert listening.recv(1000) == b"WATCHDOG=1"
        serve.process.send_signal(signal.SIGTERM)
        while (word := listening.recv(1000)) == b"WATCHDOG=1":
            pass
        assert word == b"STOPPING=1"
        assert serve.process.wait(5) == 0


def test_a_watchdog_of_another_process_is_not_ours(tmp_path: pathlib.Path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        variables = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"}
        with Serve(tmp_path / "state", variables) as serve:
            listening.settimeout(5)
            assert listening.recv(1000).startswith(b"READY=1")
            listening.settimeout(0.7)
            with pytest.raises(TimeoutError):
                listening.recv(1000)
            serve.end()
            assert listening.recv(1000) == b"STOPPING=1"


def test_a_manager_that_is_gone_or_full_stops_nothing(tmp_path: pathlib.Path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as full:
        full.bind(str(tmp_path / "full"))
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler:
            filler.setblocking(False)
            with pytest.raises(BlockingIOError):
                while True:
                    filler.sendto(b"x", str(tmp_path / "full"))
        for name in (str(tmp_path / "nobody"), str(tmp_path / "full"), "relative", "@" + "x" * 200):
            with Serve(tmp_path / "state", {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "200000"}) as serve:
                assert serve.ask("GET", "/healthz")[0] == 200
                assert serve.end() < 1


def test_the_unit_is_one_systemd_takes(tmp_path: pathlib.Path):
    text = UNIT.read_text()
    for line in ("Type=notify", "WatchdogSec=30", "StartLimitBurst=5", "Restart=on-failure", "NoNewPrivileges=yes"):
        assert line in text.splitlines(), line
    copy = tmp_path / UNIT.name
    shutil.copy(UNIT, copy)
    environment = dict(os.environ) | {"XDG_RUNTIME_DIR": str(tmp_path), "SYSTEMD_LOG_LEVEL": "info"}
    done = subprocess.run(["systemd-analyze", "--user", "verify", str(copy)], capture_output=True, text=True, env=environment, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_statuses_that_are_not_mended_by_trying_again(tmp_path: pathlib.Path):
    """Those that the unit says are not to be tried again."""
    assert "RestartPreventExitStatus=64 69 78" in UNIT.read_text().splitlines()
    variables = clean_environment() | {"MCP_METER_STATE_DIR": str(tmp_path / "state"), "HOME": str(tmp_path)}

    def status(*arguments: str, **extra: str) -> tuple[int, str]:
        done = subprocess.run(
            [binary(), "serve", *arguments], env=variables | extra, capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL
        )
        return done.returncode, done.stderr

    assert status("--lisen")[0] == 64
    assert status(MCP_METER_LISTEN="nowhere")[0] == 78
    code, said = status("--listen", "0.0.0.0:0")
    assert code == 78 and "MCP_METER_TOKEN" in said
    with Serve(tmp_path / "state") as serve:
        code, said = status("--listen", "127.0.0.1:0")
        assert code == 69 and str(serve.pid) in said and str(tmp_path / "state") in said
        code, said = status("--listen", f"127.0.0.1:{serve.port}", MCP_METER_STATE_DIR=str(tmp_path / "other"))
        assert code == 69 and str(serve.port) in said


def test_the_launch_agent():
    with open(EXAMPLES / "launchd" / "com.mcp-meter.serve.plist", "rb") as file:
        agent = plistlib.load(file)
    assert agent["Label"] == "com.mcp-meter.serve" and agent["ProgramArguments"][1:] == ["serve"]
    assert pathlib.PurePath(agent["ProgramArguments"][0]).is_absolute()
    assert agent["RunAtLoad"] is True and agent["KeepAlive"] == {"SuccessfulExit": False} and agent["Umask"] == 0o077
    assert all(isinstance(value, str) for value in agent["EnvironmentVariables"].values())


def test_the_composition_mounts_what_there_is():
    file = EXAMPLES / "docker" / "compose.yml"
    services = yaml.safe_load(file.read_text())["services"]
    assert set(services) == {"prometheus", "grafana"}
    mounted = {}
    for service in services.values():
        image, _, version = service["image"].partition(":")
        assert image and version and version != "latest"
        for volume in service["volumes"]:
            source, target, *_ = volume.split(":")
            if source.startswith("."):
                assert (file.parent / source).is_dir(), source
                mounted[target] = file.parent / source
    assert (mounted["/etc/prometheus"] / "prometheus.yml").is_file()
    (provider,) = yaml.safe_load((mounted["/etc/grafana/provisioning"] / "dashboards" / "mcp-meter.yml").read_text())["providers"]
    assert list(mounted[provider["options"]["path"]].glob("*.json"))
