"""The two C programs of the benchmark, built into bench/build/ when their source is newer."""

import os
import shutil
import subprocess
from pathlib import Path

from bench.failed import Failed

HERE = Path(__file__).parent
_BUILD = HERE / "build"


def wsload() -> Path:
    """The load client."""
    return _built(HERE / "load" / "wsload.c")


def broadcaster() -> Path:
    """The peer without a chat: one send() per delivery."""
    return _built(HERE / "peers" / "broadcaster.c")


def _built(source: Path) -> Path:
    target = _BUILD / source.stem
    if target.exists() and target.stat().st_mtime > source.stat().st_mtime:
        return target
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise Failed("The benchmark's load client is written in C: install gcc and run `make bench` again.")
    _BUILD.mkdir(exist_ok=True)
    partial = target.with_suffix(f".{os.getpid()}")  # others may be building, or running, the same program
    command = [compiler, "-O2", "-o", str(partial), str(source)]
    made = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if made.returncode != 0:
        raise Failed(f"{source.name} can't be compiled: {made.stderr.strip()[-300:]}")
    partial.replace(target)
    return target
