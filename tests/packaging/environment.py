"""An environment with one service installed and nothing but what its wheels ask for, made without a network."""

import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterable, Iterator
from email.parser import HeaderParser
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from shared.testing.contract.committed import ROOT

_OURS = "parley-"
_PATIENCE = 120


def build_wheels(folder: Path, sources: Iterable[Path]) -> dict[str, Path]:
    """A wheel of each of these folders, by the name of its distribution."""
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    _run([*command, "--disable-pip-version-check", "-w", str(folder), *map(str, sources)])
    return {canonicalize_name(path.name.partition("-")[0]): path for path in folder.glob("*.whl")}


def make_environment(folder: Path, wheels: Iterable[Path]) -> Path:
    """The interpreter of a new environment with these wheels and what they require, as it is installed here.

    Installed dependencies are links to the files of their distribution, so that what no wheel asks for is not there.
    """
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index"]
    _run([*command, "--no-compile", "--disable-pip-version-check", *map(str, wheels)])
    [packages] = folder.glob("lib/python*/site-packages")
    for found in closure(requirements_of(*wheels)).values():
        _link(found, packages)
    return python


def requirements_of(*wheels: Path) -> list[Requirement]:
    """What the wheels' own metadata asks for, in this interpreter."""
    found = []
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
            told = HeaderParser().parsestr(archive.read(name).decode())
        asked = [Requirement(text) for text in told.get_all("Requires-Dist", [])]
        extras = {extra for other in wheels for extra in _extras_asked(other, told["Name"])}
        found += [one for one in asked if _wanted(one, extras)]
    return found


def closure(asked: Iterable[Requirement]) -> dict[str, Distribution]:
    """Every distribution that is asked for, directly or by another; AssertionError when one here does not do."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    queue = list(asked)
    while queue:
        requirement = queue.pop()
        name = canonicalize_name(requirement.name)
        key = (name, frozenset(requirement.extras))
        if name.startswith(_OURS) or key in seen:
            continue
        seen.add(key)
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            raise AssertionError(f"{requirement} is asked for, and the locks do not have it") from None
        assert requirement.specifier.contains(found[name].version, prereleases=True), requirement
        needs = [Requirement(text) for text in found[name].requires or ()]
        queue += [one for one in needs if _wanted(one, set(requirement.extras))]
    return found


def _extras_asked(wheel: Path, name: str) -> Iterator[str]:
    with zipfile.ZipFile(wheel) as archive:
        [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        told = HeaderParser().parsestr(archive.read(metadata).decode())
    for requirement in map(Requirement, told.get_all("Requires-Dist", [])):
        if canonicalize_name(requirement.name) == canonicalize_name(name):
            yield from requirement.extras


def _wanted(requirement: Requirement, extras: set[str]) -> bool:
    if requirement.marker is None:
        return True
    return any(requirement.marker.evaluate({"extra": extra}) for extra in extras | {""})


def _link(found: Distribution, packages: Path) -> None:
    """Link what the distribution has in site-packages; whole folders, unless another one has files in them too."""
    for name in {file.parts[0] for file in found.files or () if file.parts[0] not in ("..", "__pycache__")}:
        if len(_owners().get(name, ())) < 2:
            (packages / name).symlink_to(str(found.locate_file(name)))
            continue
        for file in found.files or ():
            if file.parts[0] == name:
                (packages / file).parent.mkdir(parents=True, exist_ok=True)
                (packages / file).symlink_to(str(found.locate_file(file)))


@cache
def _owners() -> dict[str, set[str]]:
    """Which distributions have files below each name in site-packages."""
    owners: dict[str, set[str]] = {}
    for one in distributions():
        for file in one.files or ():
            owners.setdefault(file.parts[0], set()).add(one.name)
    return owners


def _run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
