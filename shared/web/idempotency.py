"""`Idempotency-Key`: a POST that creates, sent again with its key, creates nothing and gets the first answer again.

The key is taken in the transaction of the creation itself, so there is no moment at which one exists without the other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Any, Concatenate, ParamSpec, TypeVar

import orjson
from fastapi import Depends, Header, Request
from pydantic_core import to_json
from sqlalchemy import Column, Index, MetaData, String, Table, Text, and_, delete, insert, select

from shared.caller import AnyCaller, Caller
from shared.database import UtcDateTime, WriteSession
from shared.problems import Invalid

_KEPT = timedelta(hours=24)
_P = ParamSpec("_P")
_R = TypeVar("_R")

_keys = Table(
    "idempotency",
    MetaData(),
    Column("key", String(128), primary_key=True),
    Column("caller", String(64), primary_key=True),
    Column("route", String(255), primary_key=True),
    Column("request", String(64), nullable=False),
    Column("answer", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("idempotency_at", "at"),
)


def idempotency_tables(metadata: MetaData) -> None:
    """Add the table of keys to a service's tables."""
    _keys.to_metadata(metadata)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sending of a request; `key` is None when the client gave none."""

    key: str | None
    caller: str
    route: str
    request: str


async def _attempt(
    request: Request,
    caller: AnyCaller,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key", max_length=128, pattern=r"^[!-~]+$", description="send again with the same key"
        ),
    ] = None,
) -> Attempt:
    who = caller.user_id if isinstance(caller, Caller) else f"at {caller.ip}"
    route = f"{request.method} {request.url.path}"[:255]
    return Attempt(key, who[:64], route, sha256(await request.body()).hexdigest())


Idempotent = Annotated[Attempt, Depends(_attempt)]


def once(
    tx: WriteSession,
    attempt: Attempt,
    action: Callable[Concatenate[WriteSession, _P], _R],
    /,
    *args: _P.args,
    **kwargs: _P.kwargs,
) -> _R | Any:
    """`await db.write(once, attempt, action, ...)`: the action's answer, or that of the first attempt as plain JSON.

    Let the action return what the route answers: that is what is remembered, for a day. Writers take turns on either
    database, so that two sendings at once can't both be the first.
    """
    if attempt.key is None:
        return action(tx, *args, **kwargs)
    tx.execute(delete(_keys).where(_keys.c.at < tx.now - _KEPT))
    first = tx.execute(select(_keys.c.request, _keys.c.answer).where(_same(attempt))).one_or_none()
    if first is not None:
        return _first_answer(attempt, *first)
    answer = action(tx, *args, **kwargs)
    _remember(tx, attempt, to_json(answer).decode())
    return answer


def forget(tx: WriteSession, naming: str) -> None:
    """Forget the answers that have this in them: who is gone shall not be told of again."""
    tx.execute(delete(_keys).where(_keys.c.answer.contains(naming, autoescape=True)))


def _first_answer(attempt: Attempt, request: str, answer: str) -> Any:
    if request != attempt.request:
        raise Invalid("idempotency_key_reused", "That Idempotency-Key belongs to a different request.")
    return orjson.loads(answer)


def _remember(tx: WriteSession, attempt: Attempt, answer: str) -> None:
    row = {"key": attempt.key, "caller": attempt.caller, "route": attempt.route, "request": attempt.request}
    tx.execute(insert(_keys).values(**row, answer=answer, at=tx.now))


def _same(attempt: Attempt) -> Any:
    return and_(_keys.c.key == attempt.key, _keys.c.caller == attempt.caller, _keys.c.route == attempt.route)
