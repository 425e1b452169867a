"""The operator's commands, run as an operator runs them."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from tests.system.parley import ROOT


def run(module: str, *arguments: object, var: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run `python -m <module>` for this data folder."""
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "VAR_DIR": str(var), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


async def ran(module: str, *arguments: object, var: Path, **environment: str) -> str:
    """What a command printed that did what it was asked to."""
    done = await asyncio.to_thread(lambda: run(module, *arguments, var=var, **environment))
    assert done.returncode == 0, done.stderr
    return done.stdout


async def refused(module: str, *arguments: object, var: Path, said: str, **environment: str) -> None:
    """A command that refuses with status 1 and a sentence that has this in it, and without a traceback."""
    done = await asyncio.to_thread(lambda: run(module, *arguments, var=var, **environment))
    assert (done.returncode, said in done.stderr) == (1, True), done.stderr
    assert "Traceback" not in done.stderr
