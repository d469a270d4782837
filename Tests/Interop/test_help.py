"""What a person meets who types: hints, help of every width, words that are nearly right, and completion in real shells."""

import pathlib
import re
import shutil
import subprocess

import pytest

from support.relay import binary, clean_environment
from support.terminal import Terminal, at_terminal

SUBCOMMANDS = "demo doctor report serve deliver import inspect prices help completions man".split()
ESCAPE = "\x1b"


def environment(home: pathlib.Path, **extra: str) -> dict[str, str]:
    """`mcp-meter` is found by its name, and nothing else of ours is there."""
    directory = home / "bin"
    directory.mkdir(exist_ok=True)
    link = directory / "mcp-meter"
    if not link.exists():
        link.symlink_to(pathlib.Path(binary()).resolve())
    variables = clean_environment() | {"HOME": str(home), "PATH": f"{directory}:/usr/bin:/bin", "TERM": "xterm"} | extra
    for name in ("XDG_STATE_HOME", "NO_COLOR", "COLUMNS"):
        if name not in extra:
            variables.pop(name, None)
    return variables


def run(home: pathlib.Path, *arguments: str, **options: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["mcp-meter", *arguments],
        **{"capture_output": True, "text": True, "timeout": 60, "env": environment(home), "stdin": subprocess.DEVNULL, "executable": binary()} | options,
    )


def test_a_person_without_a_word_is_told_how_to_begin(tmp_path: pathlib.Path):
    status, shown = at_terminal(["mcp-meter"], environment(tmp_path))
    assert status == 64
    for word in ("mcp-meter demo", "mcp-meter doctor", "--help", '"command": "mcp-meter"'):
        assert word in shown
    assert len(shown.splitlines()) < 20


def test_a_client_without_a_command_gets_one_line(tmp_path: pathlib.Path):
    done = run(tmp_path)
    assert (done.returncode, done.stdout) == (64, "")
    assert len(done.stderr.splitlines()) == 1
    assert "the server's command must follow" in done.stderr


@pytest.mark.parametrize("columns", [20, 40, 60, 100, 300])
@pytest.mark.parametrize("words", [["--help"], ["help", "report"], ["doctor", "--help"], ["help", "variables"]])
def test_help_is_as_wide_as_the_terminal(tmp_path: pathlib.Path, words: list[str], columns: int):
    status, shown = at_terminal(["mcp-meter", *words], environment(tmp_path, NO_COLOR="1"), columns)
    assert status == 0
    lines = [line for line in shown.splitlines() if " " in line.strip() and not line.strip().startswith(("mcp-meter ", "MCP_METER=on mcp-"))]
    assert max(map(len, lines)) <= max(40, min(columns, 100))
    # It is filled, too: nothing is wrapped earlier than it must be.
    assert max(map(len, lines)) > max(40, min(columns, 100)) * 3 // 4


@pytest.mark.parametrize(
    ("variables", "is_painted"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_are_for_terminals_that_want_them(tmp_path: pathlib.Path, variables: dict[str, str], is_painted: bool):
    for words in (["--help"], ["doctor", "--offline"], []):
        _, shown = at_terminal(["mcp-meter", *words], environment(tmp_path, **variables))
        assert (ESCAPE in shown) == is_painted, shown
    assert ESCAPE not in run(tmp_path, "--help").stdout


def test_help_for_a_pipe_is_80_columns(tmp_path: pathlib.Path):
    for subcommand in [None, *SUBCOMMANDS, "run", "variables"]:
        done = run(tmp_path, "help", *([subcommand] if subcommand else []))
        assert (done.returncode, done.stderr) == (0, "")
        assert all(len(line) <= 80 for line in done.stdout.splitlines())
        if subcommand in SUBCOMMANDS:
            for flag in ("--help", "-h"):
                assert run(tmp_path, subcommand, flag).stdout == done.stdout


def test_version_and_commit(tmp_path: pathlib.Path):
    for flag in ("--version", "-V"):
        done = run(tmp_path, flag)
        assert done.returncode == 0
        assert re.fullmatch(r"mcp-meter \d+\.\d+\.\d+ \((unknown commit|[0-9a-f]{7,40}[-+.\w]*)\)\n", done.stdout)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["reprot"], 127, "did you mean `mcp-meter report`?"),
        (["docter", "--json"], 127, "did you mean `mcp-meter doctor`?"),
        (["run", "npx", "x"], 127, "leave `run` out"),
        (["no-such-server"], 127, "command not found in PATH"),
        (["--", "reprot"], 127, "command not found in PATH"),
        (["./reprot"], 127, "no such file"),
        (["--hlep"], 64, "Did you mean `--help`?"),
        (["report", "--fromat", "json"], 64, "Did you mean `--format`?"),
        (["report", "--format"], 64, "`--format` needs a format"),
        (["demo", "keep"], 64, "Did you mean `--keep`?"),
        (["help", "reprot"], 64, "Did you mean `report`?"),
        (["completions", "tcsh"], 64, "knows bash, zsh, fish"),
    ],
)
@pytest.mark.parametrize("switch", [None, "on"])
def test_a_slip_is_answered_with_what_was_meant(tmp_path: pathlib.Path, words: list[str], status: int, said: str, switch: str | None):
    variables = environment(tmp_path, **({"MCP_METER": switch} if switch else {}))
    done = run(tmp_path, *words, env=variables)
    assert done.returncode == status
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
    if words[0] in ("no-such-server", "--", "./reprot"):
        assert "did you mean" not in done.stderr


def test_what_cannot_be_written_is_said(tmp_path: pathlib.Path):
    for words in (["--help"], ["--version"], ["man"], ["completions", "zsh"], ["prices"], ["doctor", "--offline"], ["help", "demo"]):
        with open("/dev/full", "w") as full:
            done = run(tmp_path, *words, capture_output=False, stdout=full, stderr=subprocess.PIPE)
        assert done.returncode == 74, words
        assert done.stderr == "mcp-meter: cannot write to standard output.\n"


@pytest.mark.parametrize(
    ("words", "variables", "status"),
    [
        (["report"], {"MCP_METER_STATE_DIR": "here"}, 78),
        (["serve"], {"MCP_METER_STATE_DIR": "here"}, 78),
        (["import"], {"MCP_METER_STATE_DIR": "here"}, 78),
        (["deliver", "--once"], {"MCP_METER_STATE_DIR": "here", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}, 78),
        (["deliver", "--once"], {}, 78),
        (["serve"], {"MCP_METER_STATE_DIR": "/proc/none"}, 73),
        (["serve", "--listen", "nowhere"], {}, 78),
        (["report", "--mail", "a@b.c"], {}, 78),
        (["report", "--time-zone", "No/Where"], {}, 64),
        (["prices", "no-such-model"], {}, 69),
        (["prices", "--check", "/no/such/file"], {}, 66),
        (["prices", "--check", "/etc/passwd"], {}, 65),
    ],
)
def test_a_status_means_the_same_of_every_command(tmp_path: pathlib.Path, words: list[str], variables: dict[str, str], status: int):
    done = run(tmp_path, *words, env=environment(tmp_path, **variables))
    assert done.returncode == status, done.stderr
    assert f"\n  {status} " in run(tmp_path, "--help").stdout
    assert done.stderr.startswith("mcp-meter: ")


# The manual page


@pytest.fixture
def manual(tmp_path: pathlib.Path) -> pathlib.Path:
    page = tmp_path / "mcp-meter.1"
    page.write_text(run(tmp_path, "man").stdout)
    return page


@pytest.mark.parametrize(
    "command",
    [["mandoc", "-T", "lint"], ["groff", "-ww", "-man", "-Tutf8"], ["man", "--warnings", "-l"]],
)
def test_the_manual_is_without_a_warning(manual: pathlib.Path, command: list[str]):
    done = subprocess.run([*command, str(manual)], capture_output=True, text=True, timeout=60, env=clean_environment() | {"MANPAGER": "cat", "MANROFFOPT": "-ww"})
    assert (done.returncode, done.stderr) == (0, "")
    if command[0] == "mandoc":
        assert done.stdout == ""


def test_the_manual_reads_as_it_was_meant(manual: pathlib.Path):
    shown = subprocess.run(["mandoc", "-T", "ascii", str(manual)], capture_output=True, text=True, timeout=60, check=True).stdout
    text = re.sub(r".\x08", "", shown)
    for part in ("mcp-meter - meter the usage", "--state-dir DIR", "MCP_METER_STATE_DIR", '"args": ["npx", "-y"', "~/.local/state/mcp-meter/ledger/", "in `" not in text and "EXIT STATUS"):
        assert part in text
    assert max(map(len, text.splitlines())) <= 80


# Completion

WORDS = [
    ("mcp-meter repo", "mcp-meter report"),
    ("mcp-meter --vers", "mcp-meter --version"),
    ("mcp-meter demo --ke", "mcp-meter demo --keep"),
    ("mcp-meter completions zs", "mcp-meter completions zsh"),
    ("mcp-meter help variab", "mcp-meter help variables"),
    ("mcp-meter import --client gem", "mcp-meter import --client gemini-cli"),
    ("mcp-meter report --format=mark", "mcp-meter report --format=markdown"),
    ("mcp-meter report --by model,provi", "mcp-meter report --by model,provider"),
    ("mcp-meter prices --check only-on", "mcp-meter prices --check only-one.json"),
    ("mcp-meter demo --state-dir a-dir", "mcp-meter demo --state-dir a-directory/"),
    ("mcp-meter a-serv", "mcp-meter a-server-of-mine"),
    ("mcp-meter -- a-serv", "mcp-meter -- a-server-of-mine"),
    ("mcp-meter inspect -- a-serv", "mcp-meter inspect -- a-server-of-mine"),
]


@pytest.fixture
def place(tmp_path: pathlib.Path) -> pathlib.Path:
    environment(tmp_path)
    (tmp_path / "only-one.json").write_text("{}")
    (tmp_path / "a-directory").mkdir()
    server = tmp_path / "bin" / "a-server-of-mine"
    server.write_text("#!/bin/sh\n")
    server.chmod(0o755)
    return tmp_path


START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "bind 'set bell-style none'; source <(mcp-meter completions bash)"),
    "zsh": (["zsh", "-f", "-i"], "unsetopt zle_bracketed_paste prompt_cr; unset zle_bracketed_paste; autoload -Uz compinit; compinit -u -D; source <(mcp-meter completions zsh)"),
}


@pytest.mark.parametrize("shell", START)
def test_shells_complete_as_one_types(place: pathlib.Path, shell: str):
    command, prepare = START[shell]
    variables = environment(place, PS1="ready> ", TERM="dumb" if shell == "zsh" else "xterm", HISTFILE="/dev/null")
    with Terminal(command, variables, columns=200) as terminal:
        terminal.write(f"cd {place}; PS1='ready> '; {prepare}; echo pre''pared\n")
        terminal.read_until("prepared\r")
        for index, (typed, expected) in enumerate(WORDS):
            # Completed, put behind an `echo`, and said by the shell itself.
            terminal.write(f"{typed}\t\x01echo {index}'>' \x05' <'\n")
            terminal.read_until(f"{index}> ")
            # zsh takes the slash back when the line goes on.
            assert terminal.read_until("<").removesuffix("<").strip().rstrip("/") == expected.rstrip("/")
        terminal.write("exit\n")
        terminal.finish()


def test_fish_completes(place: pathlib.Path):
    script = "mcp-meter completions fish | source; for line in $argv; complete -C $line | string split -f1 \\t | string join ' '; end"
    done = subprocess.run(
        ["fish", "--no-config", "-c", script, *(typed for typed, _ in WORDS)],
        capture_output=True, text=True, timeout=60, cwd=place, env=environment(place),
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [expected.split(" ")[-1] for _, expected in WORDS]


def test_scripts_are_as_their_shells_want_them(tmp_path: pathlib.Path):
    for shell in ("bash", "zsh", "fish"):
        script = run(tmp_path, "completions", shell).stdout
        checked = subprocess.run([shutil.which(shell) or shell, "-n"], input=script, capture_output=True, text=True, timeout=60)
        assert (checked.returncode, checked.stderr) == (0, "")
    # Installed where zsh looks for it, it is loaded by its name.
    functions = tmp_path / "functions"
    functions.mkdir()
    (functions / "_mcp-meter").write_text(run(tmp_path, "completions", "zsh").stdout)
    check = f"fpath=({functions} $fpath); autoload -Uz compinit; compinit -u -D; print $_comps[mcp-meter]"
    done = subprocess.run(["zsh", "-f", "-c", check], capture_output=True, text=True, timeout=60, env=environment(tmp_path))
    assert done.stdout.strip() == "_mcp-meter"
