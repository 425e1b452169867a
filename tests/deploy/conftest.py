"""One composed system for the whole suite, collected by `make rehearse` alone: it takes minutes, and an engine."""

import os
from collections.abc import Iterator

import pytest

from tests.deploy.engine import missing
from tests.deploy.stack import Stack
from tests.system.conftest import anna, room_id

__all__ = ["anna", "room_id"]
_WANTED = bool(os.environ.get("PARLEY_DEPLOY_TESTS"))
_FIGURES: list[str] = []
collect_ignore_glob = [] if _WANTED else ["test_*.py"]


def pytest_sessionstart() -> None:
    """Without an engine nothing is tried, and that is said in one line."""
    if _WANTED and (reason := missing()):
        pytest.exit(f"SKIPPED: {reason}", returncode=0)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Built, up and healthy; its services' logs must tell of no unforeseen error."""
    running = Stack(tmp_path_factory.mktemp("deploy"))
    try:
        running.build()
        running.up()
        yield running
        assert "Traceback" not in running.logs(), _around_the_first_error(running.logs())
    finally:
        running.close()


@pytest.fixture
def base(stack: Stack) -> str:
    """Where its gateway is published."""
    return stack.base(0)


@pytest.fixture
def figures() -> list[str]:
    """Lines for the end of the run: what was measured on the way."""
    return _FIGURES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show them."""
    if _FIGURES:
        terminalreporter.section("what was seen")
        for line in _FIGURES:
            terminalreporter.write_line(line)


def _around_the_first_error(logs: str) -> str:
    return logs[max(0, logs.index("Traceback") - 2000) :][:6000]
