"""How far a database is: its migration, its epoch, the last event it told of; and the new epoch of a restore."""

import asyncio
import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, MetaData, Table, create_engine, inspect, make_url, text, update
from sqlalchemy.exc import DBAPIError

from deploy.places import Refused
from shared.database import Database
from shared.migrations import upgrade
from shared.outbox.store import new_epoch

# The table whose only row has a producer's epoch, and that row's column for the last event.
_HEADS = {"outbox_head": "last_id", "timeline_head": "pos"}


@dataclass(frozen=True)
class State:
    """`epoch` is empty before the first event."""

    revision: str
    epoch: str
    last: int


@contextmanager
def opened(url: str) -> Iterator[Connection]:
    """A transaction in the database; Refused with the reason when it can't be had."""
    parsed = make_url(url)
    engine = create_engine(
        parsed.set(drivername="postgresql+psycopg") if parsed.get_backend_name() != "sqlite" else parsed
    )
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise Refused(f"The database {parsed.render_as_string()} can't be used: {_first_line(error)}.") from None
    finally:
        engine.dispose()


def state_of(url: str) -> State:
    """As the database says; Refused when it is none of ours."""
    with opened(url) as connection:
        if not inspect(connection).has_table("alembic_version"):
            raise Refused(f"The database {make_url(url).render_as_string()} was never migrated.")
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        head, last = _head(connection)
        row = connection.execute(head.select()).one_or_none()
        return State(revision, row.epoch if row else "", getattr(row, last) if row else 0)


def bring_up_to_date(service: str, url: str) -> None:
    """To this release's newest migration; Refused with the reason when that can't be done."""
    try:
        upgrade(url, f"services.{service}:migrations")
    except (DBAPIError, TimeoutError, ValueError) as error:
        reason = _first_line(error) if isinstance(error, DBAPIError) else str(error)
        raise Refused(f"The database of {service} can't be brought up to date: {reason}.") from None


def begin_epoch(service: str, url: str) -> State:
    """The database is another than the one that others knew: what it keeps of the last day is told again."""
    if service == "messaging":  # whose timeline is its outbox
        asyncio.run(importlib.import_module("services.messaging.epoch").start_over(url))
    else:
        asyncio.run(_new_epoch(url))
    return state_of(url)


async def _new_epoch(url: str) -> None:
    db = Database(url)
    try:
        await db.write(new_epoch)
    finally:
        db.close()


def follow_on(url: str, before: Mapping[str, State], after: Mapping[str, State]) -> None:
    """Let the database's service go on where it was, under its producers' new epochs.

    Whose copy was ahead of a producer's has heard events whose ids are to be given anew: it goes back to the
    producer's last.
    """
    with opened(url) as connection:
        if not inspect(connection).has_table("inbox"):
            return
        inbox = Table("inbox", MetaData(), autoload_with=connection)
        for row in connection.execute(inbox.select()).all():
            if row.producer in after and row.epoch == before[row.producer].epoch:
                now = after[row.producer]
                moved = {"epoch": now.epoch, "last_id": min(row.last_id, now.last)}
                connection.execute(update(inbox).where(inbox.c.producer == row.producer).values(moved))


def _head(connection: Connection) -> tuple[Table, str]:
    for name, column in _HEADS.items():
        if inspect(connection).has_table(name):
            return Table(name, MetaData(), autoload_with=connection), column
    raise Refused(f"The database {connection.engine.url.render_as_string()} has no {' or '.join(_HEADS)}.")


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]
