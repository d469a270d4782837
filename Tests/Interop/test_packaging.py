"""examples/packaging: packages as they are installed, on a Debian system that never saw Swift, and without a trace when they are gone."""

import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tarfile
from collections.abc import Iterator

import pytest
from support import dockerfile, ledger
from support.debian import System
from support.processes import status_kib, wait_until
from support.relay import ROOT, Session, clean_environment

PACKAGING = ROOT / "examples" / "packaging"
# A whole system is installed first, from a mirror.
pytestmark = pytest.mark.timeout(600)

CALL = b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"ask","arguments":{"prompt":"The capital of France?"}}}\n'
# An MCP server with nothing but a shell; it answers with the id it was asked with.
SERVER = r"""while read -r line; do
    id=${line#*'"id":'}
    printf '{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"Paris."}],"model":"gemini-2.5-pro",' "${id%%,*}"
    printf '"usage":{"input_tokens":1000,"output_tokens":100}}}\n'
done
"""
# Private to the relay; the rest is of files, most of it libc's and shared with all that runs.
PRIVATE_KIB_MAX = 1536
RESIDENT_KIB_MAX = 6_000_000 // 1024


def pack(script: str, *arguments: object) -> pathlib.Path:
    """What a script made, by the path it says in the end."""
    done = subprocess.run([PACKAGING / script, *map(str, arguments)], capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    return pathlib.Path(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pathlib.Path]:
    directory = tmp_path_factory.mktemp("packages")
    return {"tar": pack("release.sh", directory), "deb": pack("debian.sh", directory), "directory": directory}


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """As it comes from the mirror."""
    top = tmp_path_factory.mktemp("debian")
    try:
        yield System.bootstrap(top / "pristine")
    finally:
        shutil.rmtree(top)


@contextlib.contextmanager
def another(system: System, name: str) -> Iterator[System]:
    """A copy to be changed; gone afterwards."""
    copy = system.copy(system.top.parent / name)
    try:
        yield copy
    finally:
        copy.remove()


@pytest.fixture(scope="module")
def installed(debian: System, packages: dict[str, pathlib.Path]) -> Iterator[System]:
    with another(debian, "installed") as system:
        shutil.copy(packages["deb"], system.top / "tmp" / "mcp-meter.deb")
        system.run("dpkg", "-i", "/tmp/mcp-meter.deb")
        (system.top / "tmp" / "server.sh").write_text(SERVER)
        yield system


def relayed(system: System, capsys: pytest.CaptureFixture[str]) -> dict:
    """One of twenty calls that a relay in a system metered, as the ledger has it."""
    variables = {"MCP_METER": "on", "MCP_METER_STATE_DIR": "/tmp/state"}
    session = Session(
        subprocess.Popen(
            system.command("mcp-meter", "sh", "/tmp/server.sh"),
            env=system.environment(variables), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
        )  # fmt: skip
    )
    state = system.top / "tmp" / "state"
    try:
        for number in range(1, 21):
            session.write(CALL % number)
            assert json.loads(session.read_line())["id"] == number
        wait_until(lambda: len(ledger.read(state).calls) == 20, 5, "twenty calls in the ledger")
        # What only the start needed is given back at the first rest.
        wait_until(lambda: status_kib(session.pid, "VmRSS") <= RESIDENT_KIB_MAX, 5, "a relay of less than 6 MB")
        resident, private = (status_kib(session.pid, field) for field in ("VmRSS", "RssAnon"))
        with capsys.disabled():
            print(f"\nthe relay at rest after 20 calls: {resident:,} KiB resident, {private:,} of it private")
        assert private <= PRIVATE_KIB_MAX
        session.close_stdin()
        assert session.process.wait(10) == 0
        assert session.process.stderr.read() == b""
    finally:
        session.dispose()
    return ledger.read(state).matching("tools/call")[0]


def test_a_package_without_a_fault(packages: dict[str, pathlib.Path]):
    done = subprocess.run(["lintian", "--fail-on", "error,warning", packages["deb"]], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout == "", done.stdout + done.stderr


def test_sums(packages: dict[str, pathlib.Path]):
    lines = (packages["directory"] / "SHA256SUMS").read_text().splitlines()
    wanted = [packages["tar"], packages["deb"]]
    assert lines == [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in wanted]


def test_only_libc_is_needed(installed: System):
    libraries = [line.split()[0].split("/")[-1] for line in installed.run("ldd", "/usr/bin/mcp-meter").splitlines()]
    assert {name for name in libraries if not name.startswith(("linux-vdso", "ld-linux"))} == {"libc.so.6", "libm.so.6"}


def test_what_is_where(installed: System):
    for path in (
        "usr/bin/mcp-meter",
        "usr/share/man/man1/mcp-meter.1.gz",
        "usr/share/bash-completion/completions/mcp-meter",
        "usr/share/zsh/vendor-completions/_mcp-meter",
        "usr/share/fish/vendor_completions.d/mcp-meter.fish",
        "usr/share/doc/mcp-meter/copyright",
        "usr/share/doc/mcp-meter/examples/prices.json",
    ):
        assert (installed.top / path).stat().st_size > 0
    unit = installed.top / "usr/lib/systemd/user/mcp-meter.service"
    assert unit.read_bytes() == (ROOT / "examples/systemd/mcp-meter.service").read_bytes()


def test_the_demonstration(installed: System):
    said = installed.run("mcp-meter", "demo")
    assert "gemini-2.5-pro" in said, said


def test_a_server_is_metered(installed: System, capsys: pytest.CaptureFixture[str]):
    call = relayed(installed, capsys)
    assert (call["tool"], call["model"], call["outcome"]) == ("ask", "gemini-2.5-pro", "ok")
    assert call["usage"]["source"] == "reported" and call["cost"]["usd_nanos"] > 0


def test_the_wrappers_find_it(installed: System):
    said = installed.run("/usr/share/mcp-meter/wrappers/mcp-meter-wrap", "--", "echo", "run", extra={"PATH": "/usr/bin:/bin"})
    assert said == "run\n"
    link = installed.top / "usr/share/mcp-meter/wrappers/mcp-meter"
    assert os.readlink(link) == "../../../bin/mcp-meter"


def test_removed_without_a_trace(debian: System, installed: System):
    assert "/usr/bin/mcp-meter" in installed.files()
    installed.run("dpkg", "-r", "mcp-meter")
    try:
        assert installed.files() == debian.files()
        assert "mcp-meter" not in installed.run("dpkg-query", "-W", "-f", "${Package}\n")
    finally:
        installed.run("dpkg", "-i", "/tmp/mcp-meter.deb")


def test_the_archive_unpacks_into_a_prefix(packages: dict[str, pathlib.Path], tmp_path: pathlib.Path):
    with tarfile.open(packages["tar"]) as archive:
        members = archive.getmembers()
    assert [member.name for member in members] == sorted(member.name for member in members)
    assert {(member.uid, member.gid, member.uname, member.gname) for member in members} == {(0, 0, "", "")}
    assert len({member.mtime for member in members}) == 1
    subprocess.run(["tar", "-xzf", packages["tar"], "-C", tmp_path, "--strip-components=1"], check=True)
    environment = clean_environment() | {"PATH": f"{tmp_path}/bin:/usr/bin:/bin"}
    said = subprocess.run(["mcp-meter", "--version"], env=environment, capture_output=True, text=True, check=True).stdout
    assert said.split()[1] == packages["tar"].name.split("-")[2]
    links = [tmp_path / "share/doc/mcp-meter" / link for link in ("README.md", "LICENSE", "examples/systemd", "examples/.mcp.json")]
    assert all(link.exists() for link in links)
    wrapped = [str(tmp_path / "share/mcp-meter/wrappers/mcp-meter-wrap"), "--", "echo", "run"]
    done = subprocess.run(wrapped, env=environment | {"PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "run\n", "")


def test_the_formula(tmp_path: pathlib.Path):
    """Its install and its test, by the words of Homebrew that it uses; `swift build` is taken to have built."""
    stub = tmp_path / "bin" / "swift"
    stub.parent.mkdir()
    stub.write_text(f'#!/bin/sh\necho "$MCP_METER_COMMIT $*" >"{tmp_path}/built"\nmkdir -p .build/release\nln -f "$BUILT" .build/release/\n')
    stub.chmod(0o755)
    source, prefix = tmp_path / "source", tmp_path / "prefix"
    shutil.copytree(ROOT / "wrappers", source / "wrappers")
    shutil.copytree(ROOT / "examples", source / "examples")
    formula = tmp_path / "mcp-meter.rb"
    text = (PACKAGING / "mcp-meter.rb").read_text()
    version = subprocess.run([ROOT / ".build/release/mcp-meter", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    formula.write_text(text.replace("mcp-meter-0.0.0.tar.gz", f"mcp-meter-{version}.tar.gz"))
    subprocess.run(["ruby", "-wc", formula], check=True, stdout=subprocess.DEVNULL)
    built = tmp_path / "mcp-meter"
    shutil.copy(ROOT / ".build/release/mcp-meter", built)
    environment = clean_environment() | {"PATH": f"{stub.parent}:{os.environ['PATH']}", "BUILT": str(built)}
    done = subprocess.run(
        ["ruby", ROOT / "Tests/Interop/support/homebrew.rb", formula, prefix], cwd=source, env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, f"installed and tested {version}\n"), done.stdout + done.stderr
    assert (tmp_path / "built").read_text().startswith("unreleased build --configuration release --product mcp-meter")
    for path in ("share/man/man1/mcp-meter.1", "etc/bash_completion.d/mcp-meter", "share/mcp-meter/wrappers/gemini-mcp"):
        assert (prefix / path).stat().st_size > 0


def test_the_formula_is_filled_in(tmp_path: pathlib.Path):
    """From a checkout with a commit of its own, so that nothing of this one has to be committed."""
    tree = tmp_path / "tree"
    for name in ("examples/packaging", "Sources/Records"):
        shutil.copytree(ROOT / name, tree / name)
    shutil.copy(ROOT / "LICENSE", tree)
    git = ["git", "-C", str(tree), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run([*git, *arguments], check=True)
    commit = subprocess.run([*git, "rev-parse", "--short=12", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    filled = []
    for name in ("one", "two"):
        command = [tree / "examples/packaging/formula.sh", "https://example.org/files/", tmp_path / name]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        (archive,) = (tmp_path / name).glob("*.tar.gz")
        filled.append((archive.read_bytes(), (tmp_path / name / "mcp-meter.rb").read_text()))
    assert filled[0] == filled[1]
    content, formula = filled[0]
    assert f'url "https://example.org/files/{archive.name}"' in formula
    assert f'sha256 "{hashlib.sha256(content).hexdigest()}"' in formula
    assert f'ENV["MCP_METER_COMMIT"] = "{commit}"' in formula
    assert "example.invalid" not in formula and "unreleased" not in formula


def test_the_image(debian: System, packages: dict[str, pathlib.Path]):
    """There is no Docker here: the last stage's steps, in a copy of the system that its base is made from."""
    stages = dockerfile.read(PACKAGING / "Dockerfile")
    assert [stage.name for stage in stages] == ["build", "program", None]
    build, _, image = stages
    (command,) = build.of("RUN")
    assert "--static-swift-stdlib --disable-local-rpath --product mcp-meter" in command
    needed = {"Package.swift", "Sources", "Tests", "wrappers", "LICENSE"}
    ignore = PACKAGING / "Dockerfile.dockerignore"
    assert {path.name for path in ROOT.iterdir() if dockerfile.sent(ignore, path.name)} == needed
    assert image.base == f"debian:{release()}-slim"
    with another(debian, "image") as system:
        for source, paths, target in dockerfile.copies(image):
            if source is None:
                (path,) = paths
                place = system.top / target.lstrip("/")
                place.parent.mkdir(parents=True, exist_ok=True)
                (shutil.copytree if (ROOT / path).is_dir() else shutil.copy)(ROOT / path, place)
            else:
                assert (source, paths, target) == ("build", ["/mcp-meter"], "/usr/local/bin/mcp-meter")
                with tarfile.open(packages["tar"]) as archive:
                    (member,) = [each for each in archive.getmembers() if each.name.endswith("/bin/mcp-meter")]
                    member.name = "mcp-meter"
                    archive.extract(member, system.top / "usr/local/bin", filter="tar")
        for step in image.of("RUN"):
            system.run("sh", "-c", step, seconds=300)
        (system.top / "tmp" / "server.sh").write_text(SERVER)
        variables = dict(text.split("=", 1) for text in image.of("ENV"))
        (user,) = image.of("USER")
        assert json.loads(image.of("ENTRYPOINT")[0]) == ["mcp-meter"]
        as_user = ("setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--")
        variables |= {"MCP_METER": "on", "HOME": "/home/meter"}
        script = "mcp-meter sh /tmp/server.sh <<'END'\n" + (CALL % 1).decode() + "END\n"
        assert '"id":1,"result"' in system.run(*as_user, "sh", "-c", script, extra=variables)
        assert len(ledger.read(system.top / variables["MCP_METER_STATE_DIR"].lstrip("/")).calls) == 1
        # What delivery takes is there.
        receiver = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
        said = system.run(*as_user, "mcp-meter", "doctor", "--offline", extra=variables | receiver)
        assert "libcurl/" in said and (system.top / "etc/ssl/certs/ca-certificates.crt").stat().st_size > 0, said


def release() -> str:
    lines = pathlib.Path("/etc/os-release").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)["VERSION_CODENAME"]
