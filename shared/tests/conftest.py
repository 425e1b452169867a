"""Fixtures of the kit's own tests."""

import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
import structlog

from shared import logs
from shared.testing.plugin import running
from shared.tests import toy


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client of the toy, as someone logged in."""
    async with running(toy.app) as client:
        client.headers.update(toy.caller_headers())
        yield client


# For all of them: structlog unconfigured paints whole stack frames, which takes seconds.
@pytest.fixture(autouse=True)
def logged(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Gives the lines logged since it was last called, as objects."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure("toy")
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
