"""The audit log: what is written in it, and the chain that shows tampering.

A row's hash covers its own content and the hash of the row before it: whoever changes, removes or inserts a row behind
the database's back has to rewrite every later one, and `verify-audit` names the first that does not fit.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson

from shared.clock import rfc3339

START = "0" * 64


@dataclass(frozen=True, slots=True)
class Act:
    """One act of moderation: who did what to whom, where and why; `actor_id` is None when the house did it."""

    at: datetime
    actor_id: str | None
    action: str
    target: str
    room_id: str | None
    reason: str | None


def entry_hash(previous: str, number: int, entry_id: str, act: Act) -> str:
    """The hash of an entry that follows the one with the hash `previous`."""
    content = [previous, number, entry_id, {**asdict(act), "at": rfc3339(act.at)}]
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def first_broken(rows: Iterable[Any], head: tuple[int, str]) -> int | None:
    """The number of the first entry that does not fit the chain, None when all do and the last one is `head`."""
    previous, expected = START, 1
    for row in rows:
        act = Act(row.at, row.actor_id, row.action, row.target, row.room_id, row.reason)
        if row.number != expected or row.hash != entry_hash(previous, row.number, row.id, act):
            return expected
        previous, expected = row.hash, expected + 1
    return None if (expected - 1, previous) == head else expected


def exported(row: Any) -> dict[str, Any]:
    """An entry as it leaves the house: all that its hash covers, and the hash."""
    names = ("number", "id", "actor_id", "action", "target", "room_id", "reason", "hash")
    return {"at": rfc3339(row.at), **{name: getattr(row, name) for name in names}}
