"""Breaks a protection in a process of ours, from outside: the module is loaded and then changed.

The product has no switch for any of this.
"""

import importlib.abc
import importlib.machinery
import inspect
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

Break = Callable[[Any], None]


def replace(owner: Any, name: str, other: Any) -> Any:
    """Put `other` where `name` was, in a module or a class, and return what was there.

    Something has to be there, and to take the same arguments: a mutant that changes nothing would never be missed.
    """
    what = f"{getattr(owner, '__qualname__', owner.__name__)}.{name}"
    assert name in vars(owner), f"there is no {what} any more"
    before = vars(owner)[name]
    if inspect.isfunction(before):
        taken, wanted = inspect.signature(other).parameters, inspect.signature(before).parameters
        anything = any(one.kind is inspect.Parameter.VAR_POSITIONAL for one in taken.values())
        assert anything or list(taken) == list(wanted), f"{what} takes {list(wanted)} by now"
    setattr(owner, name, other)
    return before


class _Breaking(importlib.abc.MetaPathFinder):
    """Finds the modules that are to be changed, where they are."""

    def __init__(self, breaks: dict[str, list[Break]]) -> None:
        self._breaks = breaks

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The module's own spec, with a loader that changes what it loaded."""
        changes = self._breaks.pop(name, None)
        if changes is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        assert spec is not None and spec.loader is not None, f"there is no {name} to break"
        load = spec.loader.exec_module

        def load_and_break(module: ModuleType) -> None:
            load(module)
            for change in changes:
                change(module)

        spec.loader.exec_module = load_and_break  # type: ignore[method-assign]
        return spec


def mutated(*names: str) -> dict[str, str]:
    """The environment in which every service is of these mutants, or has these failpoints."""
    here = Path(__file__).parent
    return {"PARLEY_MUTANT": ",".join(names), "PYTHONPATH": os.pathsep.join([str(here / "site"), str(here.parents[2])])}


def install(names: str) -> None:
    """Every module that these change is changed as soon as it is loaded."""
    from tests.faults.mutants.failpoints import FAILPOINTS
    from tests.faults.mutants.mutants import MUTANTS

    known = {**MUTANTS, **FAILPOINTS}
    breaks: dict[str, list[Break]] = {}
    for name in names.split(","):
        for module, change in known[name].items():
            breaks.setdefault(module, []).append(change)
    sys.meta_path.insert(0, _Breaking(breaks))
