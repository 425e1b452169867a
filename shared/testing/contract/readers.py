"""What a service follows, found out by composing it, and tried on all that the producers may ever tell."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from shared.clock import utc_now
from shared.database import Database, WriteSession
from shared.events import Envelope
from shared.ids import new_id
from shared.inbox import Inbox
from shared.inbox.apply import Concerns, Handler, Subscribed
from shared.problems import Problem
from shared.testing.contract.committed import Schema, events_of
from shared.testing.contract.instances import instances
from shared.testing.contract.promised import models_watched, promised

Subscription = tuple[str, str]
Told = tuple[Subscription, dict[str, Any]]
Promises = Callable[[str], dict[str, Schema]]


class _Undo(Exception):
    """So that nothing is committed."""


def subscriptions(compose: Callable[[], Any]) -> dict[Subscription, list[Subscribed]]:
    """The handlers of each (producer, type) that an application follows, once `compose` has made it."""
    found: dict[Subscription, list[Subscribed]] = {}

    def on(_: Inbox, producer: str, type: str, handler: Handler, *, where: Concerns | None = None) -> None:
        found.setdefault((producer, type), []).append((handler, where))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Inbox, "on", on)
        compose()
    return found


def unpromised(wanted: Iterable[Subscription]) -> set[str]:
    """Those that no producer has committed to."""
    return {f"{producer}.{type}" for producer, type in wanted if type not in events_of(producer)}


def told(*wanted: Subscription, promises: Promises | None = None) -> SearchStrategy[Told]:
    """Any event of these kinds, as its producer's schema has it; `promises` are the committed schemas if not said."""
    of = promises or events_of
    return st.one_of([st.tuples(st.just((who, type)), instances(of(who)[type])) for who, type in wanted])


async def read_all(
    db: Database, handlers: dict[Subscription, list[Subscribed]], events: Sequence[Told], *, watched: bool = True
) -> None:
    """Hand the events to their handlers one after the other, as the inbox would, and undo it all.

    A Problem is a handler's own answer (no such room); whatever else comes out of one is raised. Unless `watched`, the
    events are as they are: with no field of tomorrow, and nobody minds what is looked for in them.
    """
    make = envelope_of if watched else plain_envelope_of

    def work(tx: WriteSession) -> None:
        with models_watched():
            for number, event in enumerate(events):
                _read(tx, handlers[event[0]], make(*event[0], event[1], number + 1))
        raise _Undo

    try:
        await asyncio.wait_for(db.write(work), 30)
    except _Undo:
        return


def envelope_of(producer: str, type_: str, data: dict[str, Any], number: int = 1) -> Envelope:
    """The event in its envelope; who reads of its data what is not promised gets `Unpromised`."""
    schema = events_of(producer)[type_]
    return plain_envelope_of(producer, type_, promised(data, schema, schema), number)


def plain_envelope_of(producer: str, type_: str, data: dict[str, Any], number: int = 1) -> Envelope:
    """The event in its envelope, and nothing else."""
    thing, _, name = type_.partition(".")
    # Not validated: that would copy the data, and the copy would not be watched.
    return Envelope.model_construct(
        id=number,
        epoch="epoch",
        producer=producer,
        type=type_,
        subject=f"{producer}.{thing}.{new_id()}.{name}",
        at=utc_now(),
        request_id=None,
        data=data,
    )


def _read(tx: WriteSession, handlers: Sequence[Subscribed], envelope: Envelope) -> None:
    for handler, concerns in handlers:
        if concerns is not None and not concerns(envelope.data):
            continue
        try:
            with tx.savepoint():
                handler(tx, envelope)
        except Problem:
            continue
