"""What the sources import is what their package asks for, and nothing that only another package brings along."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from shared.testing.contract.committed import ROOT

PACKAGES = [
    "shared",
    *(f"services/{name}" for name in ("auth", "rooms", "messaging", "moderation", "files", "gateway")),
]
OURS = {"shared", "services"}
# Part of another distribution's interface: what FastAPI, Pydantic and PyJWT[crypto] hand out is of these.
BROUGHT = {"starlette": "fastapi", "pydantic-core": "pydantic", "cryptography": "pyjwt"}


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_imported_is_asked_for(package: str) -> None:
    folder = ROOT / package
    asked = set(_asked(folder))
    brought = {name for name, by in BROUGHT.items() if by in asked}
    owners = packages_distributions()
    missing = {
        f"{name} ({file.relative_to(ROOT)})"
        for file in folder.rglob("*.py")
        if "tests" not in file.relative_to(folder).parts
        for name in _imported(file)
        if name not in sys.stdlib_module_names and name not in OURS
        if not {canonicalize_name(owner) for owner in owners.get(name, [name])} & (asked | brought)
    }
    assert not missing


def _asked(folder: Path) -> Iterator[str]:
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    more = project.get("optional-dependencies", {}).values()
    for text in [*project["dependencies"], *(one for group in more for one in group)]:
        yield canonicalize_name(Requirement(text).name)


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
