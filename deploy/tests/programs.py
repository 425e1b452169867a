"""Small real programs for the supervisor to run: each is one Python file without imports of ours."""

import sys
from pathlib import Path

from deploy.local.program import Program

_STEADY = """
import os, pathlib, signal, sys
name, folder = sys.argv[1], pathlib.Path(sys.argv[2])
def note(what):
    with open(folder / "notes", "a") as notes:
        notes.write(f"{name} {what}\\n")
def stop(*_):
    note("stopped")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
note("started")
(folder / f"{name}.new").write_text(str(os.getpid()))
os.replace(folder / f"{name}.new", folder / f"{name}.pid")
print(f"{name} speaks", flush=True)
while True:
    signal.pause()
"""
_STUBBORN = """
import os, pathlib, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[2], sys.argv[1] + ".pid").write_text(str(os.getpid()))
while True:
    signal.pause()
"""
_FAILING = """
import sys
with open(sys.argv[2] + "/notes", "a") as notes:
    notes.write(sys.argv[1] + " started\\n")
print("the reason why", flush=True)
sys.exit(int(sys.argv[3]))
"""


def steady(name: str, folder: Path, *needs: str) -> Program:
    """Runs until it is told to stop; ready once it has told its process id."""
    return _program(_STEADY, name, folder, needs=needs)


def stubborn(name: str, folder: Path) -> Program:
    """Does not stop when it is told to."""
    return _program(_STUBBORN, name, folder)


def failing(name: str, folder: Path, status: int, *, quiet: bool = False) -> Program:
    """Says why and ends at once; never ready."""
    return _program(_FAILING, name, folder, str(status), quiet=quiet)


def pid(name: str, folder: Path) -> int:
    """The process that says it is this program; 0 before there is one."""
    path = folder / f"{name}.pid"
    return int(path.read_text()) if path.exists() else 0


def notes(folder: Path) -> list[str]:
    """What programs did, in the order in which they did it."""
    path = folder / "notes"
    return path.read_text().splitlines() if path.exists() else []


def _program(
    script: str, name: str, folder: Path, *arguments: str, needs: tuple[str, ...] = (), quiet: bool = False
) -> Program:
    async def ready() -> bool:
        return pid(name, folder) > 0

    command = [sys.executable, "-I", "-c", script, name, str(folder), *arguments]
    return Program(name, command, ready, needs=needs, quiet=quiet)
