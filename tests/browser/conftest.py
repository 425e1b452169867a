"""A real browser, Debian's Chromium or what CHROMIUM names; without one, `make browser` says so and tries nothing."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

from tests.browser.visitor import Visitor

_WANTED = bool(os.environ.get("PARLEY_BROWSER_TESTS"))
_NAMES = ("chromium", "chromium-browser", "google-chrome")
# No sandbox: the tests may be root. The rest keeps Chromium from calling home.
_QUIET = ("--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update")
collect_ignore_glob = [] if _WANTED else ["test_*.py"]


def pytest_sessionstart() -> None:
    """One line when there is nothing to try it with."""
    if _WANTED and _executable() is None:
        pytest.exit("SKIPPED: no Chromium here (install `chromium`, or name one in CHROMIUM)", returncode=0)


def _executable() -> str | None:
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, _NAMES)), None)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium without a screen."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=_executable(), args=list(_QUIET))
        yield running
        await running.close()


@pytest.fixture
async def anna(browser: Browser, base: str) -> AsyncIterator[Visitor]:
    """Somebody at the door."""
    async with Visitor.at(browser, base) as visitor:
        yield visitor


@pytest.fixture
async def ben(browser: Browser, base: str) -> AsyncIterator[Visitor]:
    """Somebody else, in a profile of their own."""
    async with Visitor.at(browser, base) as visitor:
        yield visitor
