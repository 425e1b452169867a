"""Imports two libraries without the big ones that they load whenever they find them installed.

Structlog would paint tracebacks with rich, nats-py could speak NATS over WebSocket with aiohttp. Nobody here asks for
either, and together they are 12 MB of every one of six processes.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _absent(name: str) -> Iterator[None]:
    if name in sys.modules:
        yield
        return
    # This is how Python itself marks a module that cannot be imported.
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]


with _absent("rich"):
    import structlog  # noqa: F401
with _absent("aiohttp"):
    import nats  # noqa: F401
