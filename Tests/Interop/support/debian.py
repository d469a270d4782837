"""A Debian system in a directory. What is mounted in it is so for one command alone, in a mount namespace that ends with it."""

import os
import pathlib
import shutil
import subprocess

MOUNTED = 'mount -t proc proc "$1/proc" && root=$1 && shift && exec chroot "$root" "$@"'
VARIABLES = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"}
# What dpkg keeps of what it did, and what is nobody's.
CHANGING = ("/dev", "/proc", "/root", "/run", "/sys", "/tmp", "/var/cache", "/var/lib/dpkg", "/var/log")


class System:
    """Its top directory, and commands run in it as root."""

    def __init__(self, top: pathlib.Path):
        self.top = top

    @classmethod
    def bootstrap(cls, top: pathlib.Path) -> "System":
        """This machine's release, the packages that every system has, from the mirror that apt uses here."""
        release = subprocess.run(["sh", "-c", ". /etc/os-release && echo $VERSION_CODENAME"], capture_output=True, text=True, check=True)
        wanted = ["Identifier: Packages", "Component: main", f"Codename: {release.stdout.strip()}"]
        sites = subprocess.run(["apt-get", "indextargets", "--format", "$(SITE)", *wanted], capture_output=True, text=True, check=True)
        command = ["debootstrap", "--variant=minbase", release.stdout.strip(), str(top), sites.stdout.split()[0]]
        done = subprocess.run(["unshare", "--mount", *command], capture_output=True, text=True, timeout=500)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
        return cls(top)

    def copy(self, top: pathlib.Path) -> "System":
        subprocess.run(["cp", "-a", str(self.top), str(top)], check=True)
        return System(top)

    def remove(self) -> None:
        shutil.rmtree(self.top)

    def command(self, *command: str) -> list[str]:
        """What runs a command in it; the process started is the command's own in the end."""
        return ["unshare", "--mount", "--", "sh", "-c", MOUNTED, "sh", str(self.top), *command]

    def environment(self, extra: dict[str, str] | None = None) -> dict[str, str]:
        # What a run of all the tests finds its processes by goes along.
        kept = {name: os.environ[name] for name in ("METER_CI_RUN",) if name in os.environ}
        return VARIABLES | kept | (extra or {})

    def run(self, *command: str, extra: dict[str, str] | None = None, seconds: float = 60) -> str:
        done = subprocess.run(
            self.command(*command), env=self.environment(extra), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds
        )
        assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr}"
        return done.stdout

    def files(self) -> set[str]:
        """Every path that only an installation or a removal changes."""
        found = set()
        for directory, names, files in os.walk(self.top):
            inside = "/" + os.path.relpath(directory, self.top).removeprefix(".").lstrip("/")
            names[:] = [name for name in names if not os.path.join(inside, name).startswith(CHANGING)]
            found |= {os.path.join(inside, name) for name in names + files}
        return found
