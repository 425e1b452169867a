"""Somebody in front of the web client: what they do, and what they see."""

import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from playwright.async_api import Browser, ConsoleMessage, Page, expect

from tests.system.person import PASSWORD

PATIENCE = 30_000.0  # ms


class Visitor:
    """A profile of a browser with one page open."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.username = f"user_{secrets.token_hex(5)}"
        self.errors: list[str] = []
        self.urls: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._console)
        page.on("request", lambda request: self.urls.append(request.url))

    @classmethod
    @asynccontextmanager
    async def at(cls, browser: Browser, base: str) -> AsyncIterator[Self]:
        """At the door, with an empty profile."""
        context = await browser.new_context()
        context.set_default_timeout(PATIENCE)
        page = await context.new_page()
        visitor = cls(page)
        await page.goto(base)
        try:
            yield visitor
        finally:
            await context.close()

    async def register(self) -> None:
        """Make an account, and be in."""
        await self.page.fill("#username", self.username)
        await self.page.fill("#email", f"{self.username}@example.org")
        await self.page.fill("#password", PASSWORD)
        await self.page.click("#register")
        await self.sees("#me", self.username)

    async def create_room(self) -> str:
        """A room that all may join; its name."""
        name = f"room {secrets.token_hex(4)}"
        await self.page.fill("#room-name", name)
        await self.page.click("#create button")
        await self.is_connected(name)
        return name

    async def enter(self, room: str) -> None:
        """Choose a room from the list, which is read anew at the door."""
        await self.page.reload()
        await self.page.click(f"#rooms button:text-is('{room}')")
        await self.is_connected(room)

    async def is_connected(self, room: str) -> None:
        """The room's socket is open."""
        await self.sees("#title", room)
        await expect(self.page.locator("#state")).to_have_text(re.compile(r"^\d+ here$"), timeout=PATIENCE)

    async def say(self, text: str) -> None:
        """Write it and press Enter."""
        await self.page.fill("#text", text)
        await self.page.press("#text", "Enter")

    async def sees(self, where: str, text: str) -> None:
        """Wait until it says so there."""
        await expect(self.page.locator(where)).to_have_text(text, timeout=PATIENCE)

    async def reads(self, *texts: str) -> None:
        """Wait until these, and no others, are the messages in the room."""
        said = self.page.locator("#messages li:not(.note):not(.pending)")
        await expect(said).to_have_text([*texts], timeout=PATIENCE)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)
