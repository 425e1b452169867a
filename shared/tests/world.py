"""A producer and a consumer made of nothing but the kit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select

from shared.bus import Bus
from shared.database import Database, ReadSession, WriteSession
from shared.database.backend import backend_for
from shared.events import Envelope, Event
from shared.inbox import Inbox, inbox_tables
from shared.outbox import Outbox, outbox_tables
from shared.settings import ProcessSettings

metadata = MetaData()
outbox_tables(metadata)
inbox_tables(metadata)
notes = Table("notes", metadata, Column("id", Integer, primary_key=True), Column("text", String(100), unique=True))
# No unique index: an effect that happens twice is seen twice.
seen = Table("seen", metadata, Column("at", Integer, primary_key=True), Column("text", String(100)))


class NoteWritten(Event):
    """Somebody wrote a note."""

    producer: ClassVar[str] = "notes"
    thing: ClassVar[str] = "note"
    name: ClassVar[str] = "written"
    text: str

    def entity_id(self) -> str:
        return self.text.replace(" ", "-")


def create_tables(url: str) -> None:
    """As a migration would."""
    engine = backend_for(url).migrator()
    with engine.begin() as connection:
        metadata.create_all(connection)
    engine.dispose()


def write_note(tx: WriteSession, text: str) -> int:
    """The producer's action."""
    tx.execute(insert(notes), {"text": text})
    return tx.record(NoteWritten(text=text))


def see_note(tx: WriteSession, envelope: Envelope) -> None:
    """The consumer's handler."""
    tx.execute(insert(seen), {"text": envelope.data["text"]})


def texts_seen(tx: ReadSession) -> list[str]:
    """All effects, in their order."""
    return list(tx.execute(select(seen.c.text).order_by(seen.c.at)).scalars())


@asynccontextmanager
async def connected(service: str, nats_url: str) -> AsyncIterator[Bus]:
    """A service's bus."""
    bus = Bus(service, ProcessSettings(nats_url=nats_url))
    async with bus.connected():
        yield bus


@asynccontextmanager
async def database(url: str) -> AsyncIterator[Database]:
    """A database with its tables."""
    create_tables(url)
    db = Database(url)
    async with db.running():
        yield db


@asynccontextmanager
async def producer(url: str, nats_url: str) -> AsyncIterator[Database]:
    """The notes service; write to its database."""
    async with database(url) as db, connected("notes", nats_url) as bus, Outbox("notes", db, bus).running():
        yield db


@asynccontextmanager
async def consumer(
    url: str, nats_url: str, name: str = "reader", handler: Any = see_note, where: Any = None
) -> AsyncIterator[Database]:
    """A service that follows it; read from its database."""
    async with database(url) as db, connected(name, nats_url) as bus:
        inbox = Inbox(name, db, bus)
        inbox.on("notes", "note.written", handler, where=where)
        async with inbox.running():
            yield db
