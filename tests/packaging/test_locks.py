"""A service's run.lock is what its image is made of: all that it asks for, as the common lock has it, with hashes."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from shared.testing.contract.committed import ROOT
from tests.packaging.environment import closure

SERVICES = ("auth", "rooms", "messaging", "moderation", "files", "gateway")
_ENTRY = re.compile(r"^(?P<pin>\S.*?) \\\n(?P<hashes>(?: {4}--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)


@pytest.mark.parametrize("service", SERVICES)
def test_it_has_what_the_service_asks_for_and_nothing_else(service: str) -> None:
    pins = map(Requirement, _entries(ROOT / "services" / service / "run.lock"))
    locked = {canonicalize_name(one.name) for one in pins if one.marker is None or one.marker.evaluate()}
    assert locked == closure([*_asked("shared", _extras(service)), *_asked(f"services/{service}")]).keys()


@pytest.mark.parametrize("service", SERVICES)
def test_it_agrees_with_the_common_lock(service: str) -> None:
    lock = ROOT / "services" / service / "run.lock"
    common = {name: set(hashes) for name, hashes in map(_named, _entries(ROOT / "requirements/run.lock").items())}
    for name, hashes in map(_named, _entries(lock).items()):
        assert set(hashes) == common[name], name
    assert "://" not in lock.read_text(), "no index belongs in a lock"


def _entries(lock: Path) -> dict[str, list[str]]:
    """Each pin with its hashes; the whole file is nothing else."""
    text = lock.read_text()
    assert _ENTRY.sub("", text) == ""
    return {one["pin"]: re.findall("sha256:([0-9a-f]+)", one["hashes"]) for one in _ENTRY.finditer(text)}


def _named(entry: tuple[str, list[str]]) -> tuple[str, list[str]]:
    return entry[0].partition(" ")[0], entry[1]


def _asked(folder: str, extras: frozenset[str] = frozenset()) -> list[Requirement]:
    project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]
    optional = project.get("optional-dependencies", {})
    asked = [*project["dependencies"], *(one for extra in extras for one in optional[extra])]
    wanted = map(Requirement, asked)
    return [one for one in wanted if one.marker is None or one.marker.evaluate()]


def _extras(service: str) -> frozenset[str]:
    """Those of the kit that the service asks for."""
    return frozenset(
        extra for one in _asked(f"services/{service}") if one.name == "parley-shared" for extra in one.extras
    )
