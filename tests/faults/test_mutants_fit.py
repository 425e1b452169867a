"""Every mutant and failpoint still finds what it changes; after a rename of ours it would change nothing."""

import importlib
import importlib.util
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest

from tests.faults.mutants.breaking import Break
from tests.faults.mutants.failpoints import FAILPOINTS
from tests.faults.mutants.mutants import MUTANTS

CHANGES = [
    (name, module, change) for name, all_ in {**MUTANTS, **FAILPOINTS}.items() for module, change in all_.items()
]


@pytest.mark.parametrize(("name", "module", "change"), CHANGES, ids=[f"{name}-{module}" for name, module, _ in CHANGES])
def test_it_changes_what_is_there(name: str, module: str, change: Break) -> None:
    fresh = loaded_anew(module)
    before = members(fresh)
    change(fresh)
    assert [key for key, value in members(fresh).items() if before.get(key) is not value]


@pytest.mark.parametrize(("name", "module", "change"), CHANGES, ids=[f"{name}-{module}" for name, module, _ in CHANGES])
def test_it_uses_what_is_there(name: str, module: str, change: Break) -> None:
    source = Path(inspect.getfile(importlib.import_module(module))).read_text()
    used = {used for used in names(change.__code__) if re.match("_[^_]", used)}
    own = vars(inspect.getmodule(change))
    assert [one for one in used if one not in own and not re.search(rf"\b{one}\b", source)] == []


def test_there_are_fifteen() -> None:
    assert len(MUTANTS) >= 15


def loaded_anew(name: str) -> ModuleType:
    """A second copy of the module; the one that everybody uses stays as it is."""
    importlib.import_module(name)
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def members(module: ModuleType) -> dict[str, Any]:
    """What is in the module, and in the classes that it defines."""
    found = dict(vars(module))
    for cls in [one for one in found.values() if inspect.isclass(one) and one.__module__ == module.__name__]:
        found |= {f"{cls.__name__}.{name}": value for name, value in vars(cls).items()}
    return found


def names(code: CodeType) -> Iterator[str]:
    """Every name that a function uses, and the functions inside of it."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from names(inner)
