"""The release that a service is held to, as a folder that it can be started from.

It is what the service was when its contract in contract/released/ was written: by its tag, or by the history of that
folder. FAULT_RELEASE names another commit, for all of them.
"""

import compileall
import json
import os
import subprocess
from pathlib import Path

from tests.system.parley import ROOT

MARK = "+before"  # behind its version: nobody has to guess what runs


def unpack(service: str, folder: Path) -> Path:
    """Where it is with its kit, as they were released; services of one commit share a place."""
    home = folder / commit_of(service)
    if not home.exists():
        home.mkdir(parents=True)
        archive = _git("archive", commit_of(service), "shared", "services")
        subprocess.run(["tar", "-x", "--exclude=tests", "-C", str(home)], input=archive, check=True, timeout=60)
    version = f'"{_version(service)}"'
    [says_it] = [file for file in (home / "services" / service).glob("*.py") if version in file.read_text()]
    says_it.write_text(says_it.read_text().replace(version, f'"{_version(service)}{MARK}"'))
    # Before it is started, so that a start takes as long as any other.
    compileall.compile_dir(home / "shared", quiet=1)
    compileall.compile_dir(home / "services" / service, quiet=1)
    return home


def commit_of(service: str) -> str:
    """The commit that this service was released with."""
    if told := os.environ.get("FAULT_RELEASE"):
        return told
    tag = f"refs/tags/{service}-{_version(service)}"
    history = ("log", "-1", "--format=%H", "--", f"contract/released/{service}")
    found = _git("for-each-ref", "--format=%(objectname)", tag) or _git(*history)
    assert found, "the history of contract/released/ is not here: this takes a whole clone"
    return found.decode().strip()


def _version(service: str) -> str:
    folder = ROOT / "contract" / "released" / service
    return str(json.loads((folder / "release.json").read_text())["version"])


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=60).stdout
