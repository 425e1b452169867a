"""Passwords: which are good enough, and how they are kept (argon2id, in two threads of their own).

They are normalised to NFC, as RFC 8265 has it for opaque strings: what looks the same on two keyboards is the same.
NFKC would make different passwords equal and can lengthen one eighteenfold.
"""

import asyncio
import unicodedata
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import cache
from importlib.resources import files
from typing import TypeVar

from passlib.context import CryptContext  # type: ignore[import-untyped]

from shared.problems import Invalid, Unavailable

SHORTEST, LONGEST = 8, 128
_T = TypeVar("_T")
_THREADS = 2
_LONGEST_QUEUE = 50


def normalised(password: str) -> str:
    """The one form in which it is counted, compared and hashed."""
    return unicodedata.normalize("NFC", password)


def check_strength(password: str, field: str, *names: str) -> None:
    """Refuse one that many people use, or that everybody knows of this person."""
    folded = password.casefold()
    if folded in {normalised(name).casefold() for name in names}:
        _refuse(field, "The password must not be the user's name or e-mail address.")
    if folded in _common():
        _refuse(field, "This is one of the most common passwords.")


def _refuse(field: str, reason: str) -> None:
    error = {"loc": ["body", field], "msg": reason, "type": "weak_password"}
    raise Invalid("weak_password", reason, errors=[error])


@cache
def _common() -> frozenset[str]:
    return frozenset((files("services.auth") / "common_passwords.txt").read_text("utf-8").split())


class Passwords:
    """Hashes and checks, a few at a time: what would wait too long is refused at once."""

    def __init__(self, *, memory_kib: int = 19 * 1024, rounds: int = 2) -> None:
        self._context = CryptContext(
            schemes=["argon2"],
            argon2__type="ID",
            argon2__memory_cost=memory_kib,
            argon2__rounds=rounds,
            argon2__parallelism=1,
        )
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="passwords")
        self._waiting = 0
        self._nobodys = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """A part; it has a hash ready that nobody's password fits."""
        self._nobodys = await self.hash("nobody's password")
        try:
            yield
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """What is stored of it."""
        return await self._submit(lambda: self._context.hash(normalised(password)))

    async def verify(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        """Whether it fits, and a new hash to store if the old one was made with other parameters.

        Nobody's (None) fits nothing and takes just as long.
        """
        password = normalised(password)
        possible = bool(stored) and len(password) <= LONGEST
        against = stored if possible and stored else self._nobodys
        text = password[:LONGEST]
        fits, renewed = await self._submit(lambda: self._context.verify_and_update(text, against))
        return (True, renewed) if possible and fits else (False, None)

    async def _submit(self, work: Callable[[], _T]) -> _T:
        if self._waiting >= _LONGEST_QUEUE + _THREADS:
            raise Unavailable("Too many passwords wait to be checked.")
        self._waiting += 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        # Counted until it is done, not until its caller has gone.
        future.add_done_callback(self._finished)
        return await asyncio.shield(future)

    def _finished(self, _: object) -> None:
        self._waiting -= 1
