"""Breaks a protection in a process of ours, from outside: the module is loaded and then changed.

The product has no switch for any of this.
"""

import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

Break = Callable[[Any], None]


class _Breaking(importlib.abc.MetaPathFinder):
    """Finds the modules that are to be changed, where they are."""

    def __init__(self, breaks: dict[str, Break]) -> None:
        self._breaks = breaks

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The module's own spec, with a loader that changes what it loaded."""
        change = self._breaks.pop(name, None)
        if change is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        assert spec is not None and spec.loader is not None, f"there is no {name} to break"
        load = spec.loader.exec_module

        def load_and_break(module: ModuleType) -> None:
            load(module)
            change(module)

        spec.loader.exec_module = load_and_break  # type: ignore[method-assign]
        return spec


def mutated(mutant: str) -> dict[str, str]:
    """The environment in which every service is of this mutant."""
    here = Path(__file__).parent
    return {"PARLEY_MUTANT": mutant, "PYTHONPATH": os.pathsep.join([str(here / "site"), str(here.parents[2])])}


def install(mutant: str) -> None:
    """Every module of this mutant is broken as soon as it is loaded."""
    from tests.faults.mutants.mutants import MUTANTS

    sys.meta_path.insert(0, _Breaking(dict(MUTANTS[mutant])))
