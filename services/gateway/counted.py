"""How many of a kind are under way right now."""

from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import TypeVar

_K = TypeVar("_K", bound=Hashable)


@contextmanager
def counted(counts: Counter[_K], key: _K) -> Iterator[None]:
    """One more of `key` while the block runs; what has come down to none is not in `counts`."""
    counts[key] += 1
    try:
        yield
    finally:
        counts[key] -= 1
        if not counts[key]:
            del counts[key]
