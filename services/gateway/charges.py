"""What a call costs its caller, and when that is given back."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Literal
from urllib.parse import parse_qs

import orjson

from services.gateway.limits import Limits
from services.gateway.routing import LimitClass

Verdict = Literal["keep", "undo", "clear"]


def _register(status: int) -> Verdict:
    # What was merely malformed taught nobody anything; a taken name did, and a mail (202) may have gone out.
    return "keep" if status in (201, 202, 409) else "undo"


def _login(status: int) -> Verdict:
    # Only failures count. They are charged before they are known, else fifty tries at once would all be the first.
    if status == 401:
        return "keep"
    return "clear" if status < 300 else "undo"


_SETTLE: Final[dict[LimitClass, Callable[[int], Verdict]]] = {"register": _register, "login": _login}


@dataclass(frozen=True, slots=True)
class Charge:
    """One hit of one limit, taken before the call and settled by its outcome."""

    limits: Limits
    name: LimitClass
    key: str

    async def take(self) -> "Charge":
        """Count it, or raise TooMany."""
        await self.limits.hit(self.name, self.key)
        return self

    async def settle(self, status: int) -> None:
        """Keep what was taken, give it back, or forgive everything before it too."""
        await _settle(self, status)


@dataclass(frozen=True, slots=True)
class LoginCharge(Charge):
    """A login also counts for its address, once it failed: one password for many accounts is guessing too."""

    address: str

    async def take(self) -> Charge:
        """As above; refused as well when the address has failed too often, whoever it was for."""
        await self.limits.spent("login_address", self.address)
        await self.limits.hit(self.name, self.key)
        return self

    async def settle(self, status: int) -> None:
        """As above."""
        if status == 401:
            await self.limits.note("login_address", self.address)
        await _settle(self, status)


async def _settle(charge: Charge, status: int) -> None:
    judge = _SETTLE.get(charge.name)
    verdict = judge(status) if judge else "keep"
    if verdict == "undo":
        await charge.limits.undo(charge.name, charge.key)
    elif verdict == "clear":
        await charge.limits.clear(charge.name, charge.key)


def login_key(body: bytes, client: str) -> str:
    """Account and address together, as a digest: nobody's name stands in a store of counters."""
    return blake2b(f"{_username(body).casefold()}\n{client}".encode(), digest_size=16).hexdigest()


def _username(body: bytes) -> str:
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError:
        named = parse_qs(body.decode("utf-8", "replace"), max_num_fields=50).get("username", [""])
        return named[0]
    name = sent.get("username") if isinstance(sent, dict) else None
    return name if isinstance(name, str) else ""
