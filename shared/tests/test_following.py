"""Producer and consumer over a real broker: every effect once, in order, whatever happens to the messages."""

import asyncio
import json
from typing import Any

import nats.errors
import pytest
from nats.js.errors import NotFoundError
from prometheus_client import REGISTRY
from sqlalchemy import select, text

from shared.bus import Bus
from shared.database import Database, WriteSession
from shared.events import Envelope, Event
from shared.inbox import Inbox
from shared.inbox.apply import cursor
from shared.inbox.tables import dead_letter
from shared.outbox import Outbox, store
from shared.problems import Unavailable
from shared.testing.nats import NatsServer
from shared.testing.plugin import NewDatabase
from shared.testing.waiting import eventually
from shared.tests.world import (
    NoteWritten,
    connected,
    consumer,
    create_tables,
    database,
    producer,
    see_note,
    texts_seen,
    write_note,
)

_AT_ONCE = 50


async def write_notes(notes: Database, *numbers: int) -> list[str]:
    texts = [f"note {number}" for number in numbers]
    for start in range(0, len(texts), _AT_ONCE):  # who waits for its turn too long is refused
        await asyncio.gather(*(notes.write(write_note, text) for text in texts[start : start + _AT_ONCE]))
    return texts


async def all_seen(reader: Database, texts: list[str], within: float = 10.0) -> None:
    """Wait for as many effects as expected; then they are the expected ones, in order."""

    async def enough() -> bool:
        return len(await reader.read(texts_seen)) >= len(texts)

    await eventually(enough, within)
    assert await reader.read(texts_seen) == texts


async def forge(bus: Bus, subject: str, *events: Any) -> None:
    await bus.js.publish(subject, json.dumps(events).encode())


async def test_events_have_their_effect_once_and_in_order(nats_server: NatsServer, new_database: NewDatabase) -> None:
    async with producer(new_database(), nats_server.url) as notes, consumer(new_database(), nats_server.url) as reader:
        await all_seen(reader, await write_notes(notes, *range(300)))


async def test_a_handler_is_given_what_concerns_it(nats_server: NatsServer, new_database: NewDatabase) -> None:
    def concerns(data: dict[str, str]) -> bool:
        return data["text"].endswith("7")

    async with (
        producer(new_database(), nats_server.url) as notes,
        consumer(new_database(), nats_server.url, where=concerns) as reader,
    ):
        await write_notes(notes, *range(30))
        await all_seen(reader, ["note 7", "note 17", "note 27"])

        async def is_past_all() -> bool:
            return (await reader.read(cursor, "notes")).last_id == 30

        await eventually(is_past_all)


async def test_an_event_is_heard_and_not_asked_for(
    nats_server: NatsServer, new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.inbox.follower._POLL", 3600.0)
    async with producer(new_database(), nats_server.url) as notes, connected("toy", nats_server.url) as bus:
        await eventually(lambda: _is_there(bus, "NOTES"))
        async with consumer(new_database(), nats_server.url) as reader:
            await all_seen(reader, await write_notes(notes, 1))
            await notes.write(write_note, "quick")
            await all_seen(reader, ["note 1", "quick"])


async def _is_there(bus: Bus, stream: str) -> bool:
    try:
        await bus.js.stream_info(stream)
    except NotFoundError:
        return False
    return True


async def test_a_consumer_that_comes_later_gets_everything(nats_server: NatsServer, new_database: NewDatabase) -> None:
    target = new_database()
    async with producer(new_database(), nats_server.url) as notes:
        texts = await write_notes(notes, *range(50))
        async with consumer(target, nats_server.url) as reader:
            await all_seen(reader, texts)
        texts += await write_notes(notes, *range(50, 100))
        async with consumer(target, nats_server.url) as reader:
            await all_seen(reader, texts)


async def test_a_consumer_may_come_before_its_producer(nats_server: NatsServer, new_database: NewDatabase) -> None:
    async with consumer(new_database(), nats_server.url) as reader, producer(new_database(), nats_server.url) as notes:
        await all_seen(reader, await write_notes(notes, *range(10)))


async def test_duplicates_and_disorder_change_nothing(nats_server: NatsServer, new_database: NewDatabase) -> None:
    source = new_database()
    async with producer(source, nats_server.url) as notes:
        texts = await write_notes(notes, *range(40))
        _, rows = await notes.read(store.rows_after, 0, 500, 10**6)
        events = [json.loads(row.envelope) for row in rows]
        async with consumer(new_database(), nats_server.url) as reader, connected("chaos", nats_server.url) as chaos:
            for event in [*reversed(events), *events[::3], *events]:
                await forge(chaos, event["subject"], event)
            texts += await write_notes(notes, 40)
            await all_seen(reader, texts)


async def test_rollbacks_leave_no_hole(nats_server: NatsServer, new_database: NewDatabase) -> None:
    def fail(tx: WriteSession) -> None:
        write_note(tx, "never")
        raise LookupError

    async with producer(new_database(), nats_server.url) as notes, consumer(new_database(), nats_server.url) as reader:
        texts = await write_notes(notes, 1)
        with pytest.raises(LookupError):
            await notes.write(fail)
        texts += await write_notes(notes, 2)
        await all_seen(reader, texts)
        assert (await notes.read(store.head)).last_id == 2


async def test_an_event_that_the_broker_never_got_is_fetched(
    nats_server: NatsServer, new_database: NewDatabase
) -> None:
    source, target = new_database(), new_database()
    async with database(source) as notes, connected("notes", nats_server.url) as bus:
        texts = await write_notes(notes, 1, 2, 3)
        await notes.write(store.mark, 2, 0)  # as if the first two had been confirmed
        async with Outbox("notes", notes, bus).running(), consumer(target, nats_server.url) as reader:
            await all_seen(reader, texts)


async def test_the_loss_of_the_last_event_is_noticed_in_silence(
    nats_server: NatsServer, new_database: NewDatabase
) -> None:
    source = new_database()
    async with database(source) as notes, connected("notes", nats_server.url) as bus:
        async with Outbox("notes", notes, bus).running(), consumer(new_database(), nats_server.url) as reader:
            texts = await write_notes(notes, 1)
            await all_seen(reader, texts)
            async with database(source) as unheard:  # commits that this relay is not told of
                texts += await write_notes(unheard, 2)
                await unheard.write(store.mark, 2, 1)
            await all_seen(reader, texts, within=5)


async def test_the_broker_may_be_killed_at_any_time(own_nats_server: NatsServer, new_database: NewDatabase) -> None:
    url = own_nats_server.url
    async with producer(new_database(), url) as notes, consumer(new_database(), url) as reader:
        texts = []
        for round_ in range(4):
            texts += await write_notes(notes, *range(round_ * 50, round_ * 50 + 25))
            own_nats_server.kill()
            texts += await write_notes(notes, *range(round_ * 50 + 25, round_ * 50 + 50))
            own_nats_server.start()
        await all_seen(reader, texts)


async def test_the_broker_may_forget_everything(own_nats_server: NatsServer, new_database: NewDatabase) -> None:
    url, late = own_nats_server.url, new_database()
    async with producer(new_database(), url) as notes, consumer(new_database(), url) as reader:
        texts = await write_notes(notes, *range(30))
        await all_seen(reader, texts)
        own_nats_server.wipe()
        texts += await write_notes(notes, *range(30, 60))
        await all_seen(reader, texts)
        async with connected("looker", url) as looker:
            await eventually(lambda: in_stream(looker, 60))
        async with consumer(late, url, "late") as second:
            await all_seen(second, texts)


async def in_stream(bus: Bus, events: int) -> bool:
    """Whether the stream holds that many distinct events."""
    try:
        state = (await bus.js.stream_info("NOTES")).state
        messages = [await bus.js.get_msg("NOTES", seq) for seq in range(1, state.last_seq + 1)]
    except nats.errors.Error:  # on its way back
        return False
    return len({event["id"] for message in messages for event in json.loads(message.data or b"[]")}) == events


async def test_an_older_copy_of_the_broker_is_filled_up(own_nats_server: NatsServer, new_database: NewDatabase) -> None:
    """What a power loss does with JetStream's lazy sync: the end of the stream is gone."""
    url = own_nats_server.url
    async with producer(new_database(), url) as notes, connected("looker", url) as looker:
        await write_notes(notes, *range(10))
        await eventually(lambda: in_stream(looker, 10))
        own_nats_server.kill()
        own_nats_server.save_store()
        own_nats_server.start()
        await write_notes(notes, *range(10, 20))
        await eventually(lambda: in_stream(looker, 20))
        own_nats_server.kill()
        own_nats_server.restore_store()
        own_nats_server.start()
        await eventually(lambda: looker.is_connected)
        await eventually(lambda: in_stream(looker, 20))


async def test_a_database_that_went_back_in_time_is_followed_from_its_start(
    nats_server: NatsServer, new_database: NewDatabase
) -> None:
    """Fewer events than were published under its epoch: a new epoch, and consumers start over."""
    source, target = new_database(), new_database()
    async with consumer(target, nats_server.url, handler=remember) as reader:
        async with producer(source, nats_server.url) as notes:
            texts = await write_notes(notes, *range(20))
            await all_seen(reader, texts)
            before = await reader.read(cursor, "notes")
        async with database(source) as notes:
            await notes.write(go_back, 15)
        async with producer(source, nats_server.url) as notes:
            await write_notes(notes, 100)
            await eventually(lambda: seen_last(reader, "note 100"))
            after = await reader.read(cursor, "notes")
            assert after.epoch == (await notes.read(store.head)).epoch != before.epoch
            assert after.last_id == 16
            assert len(await reader.read(texts_seen)) == 21


def remember(tx: WriteSession, envelope: Envelope) -> None:
    """A handler that may meet an event again."""
    if envelope.data["text"] not in texts_seen(tx):
        see_note(tx, envelope)


def go_back(tx: WriteSession, last_id: int) -> None:
    tx.execute(text(f"DELETE FROM outbox WHERE id > {last_id}"))
    tx.execute(text(f"UPDATE outbox_head SET last_id = {last_id}, published_id = {last_id}"))


async def seen_last(reader: Database, text: str) -> bool:
    return (await reader.read(texts_seen))[-1] == text


async def test_two_relays_publish_once_and_the_second_takes_over(
    nats_server: NatsServer, new_database: NewDatabase
) -> None:
    source = new_database()
    async with connected("looker", nats_server.url) as looker, producer(source, nats_server.url) as second:
        async with producer(source, nats_server.url) as first:
            texts = await write_notes(first, *range(20))
            texts += await write_notes(second, *range(20, 40))
            await eventually(lambda: in_stream(looker, 40))
            assert (await looker.js.stream_info("NOTES")).state.messages == 40
        texts += await write_notes(second, *range(40, 60))
        await eventually(lambda: in_stream(looker, 60))
        async with consumer(new_database(), nats_server.url) as reader:
            await all_seen(reader, texts)


async def test_two_consumers_of_one_database_share_the_work(nats_server: NatsServer, new_database: NewDatabase) -> None:
    target = new_database()
    async with (
        producer(new_database(), nats_server.url) as notes,
        consumer(target, nats_server.url) as reader,
        consumer(target, nats_server.url),
    ):
        texts: list[str] = []
        for start in range(0, 200, 20):
            texts += await write_notes(notes, *range(start, start + 20))
        await all_seen(reader, texts)


async def test_events_of_others_and_nonsense_are_refused(nats_server: NatsServer, new_database: NewDatabase) -> None:
    source = new_database()
    async with producer(source, nats_server.url) as notes, consumer(new_database(), nats_server.url) as reader:
        texts = await write_notes(notes, 1)
        await all_seen(reader, texts)
        _, rows = await notes.read(store.rows_after, 0, 1, 10**6)
        real = json.loads(rows[0].envelope)
        refused_before = _counted("parley_inbox_refused")
        async with connected("forger", nats_server.url) as forger:
            forged = {**real, "id": 2, "data": {"text": "forged"}}
            await forge(forger, "notes.a.b.c", {**forged, "producer": "rooms"})
            await forge(forger, "notes.a.b.c", {**forged, "subject": "rooms.a.b.c"})
            await forge(forger, "notes.a.b.c", {**forged, "id": "2"}, None, 7, [])
            await forger.js.publish("notes.a.b.c", b"{broken")
            await forger.js.publish("notes.a.b.c", b"7")
        texts += await write_notes(notes, 2)
        await all_seen(reader, texts)
        assert _counted("parley_inbox_refused") >= refused_before + 6


def _counted(name: str) -> float:
    return REGISTRY.get_sample_value(f"{name}_total", {"service": "reader", "producer": "notes"}) or 0.0


async def test_an_event_that_can_not_be_applied_is_put_aside(
    nats_server: NatsServer, new_database: NewDatabase
) -> None:
    tries: list[str] = []

    def choke(tx: WriteSession, envelope: Envelope) -> None:
        see_note(tx, envelope)
        if envelope.data["text"] == "note 3":
            tries.append(envelope.request_id or "")
            raise ArithmeticError("poison")

    source, target = new_database(), new_database()
    dead_before = _counted("parley_inbox_dead_letters")
    async with producer(source, nats_server.url) as notes:
        await write_notes(notes, 1, 2, 3, 4, 5)
        async with consumer(target, nats_server.url, handler=choke) as reader:
            await all_seen(reader, ["note 1", "note 2", "note 4", "note 5"])
            assert len(tries) == 6  # once in company, five times alone
            assert _counted("parley_inbox_dead_letters") == dead_before + 1  # F28: an alert goes by it
            buried = await reader.read(lambda tx: tx.execute(select(dead_letter)).one())
            assert (buried.producer, buried.event_id) == ("notes", 3)
            assert "poison" in buried.error
            assert json.loads(buried.envelope)["data"] == {"text": "note 3"}


class NoteBurnt(NoteWritten):
    """What nobody here knows of yet."""

    name = "burnt"


class LaterNoteWritten(Event):
    """The same event as a later release would tell it: one field more, and the one that is read here is gone."""

    producer = "notes"
    thing = "note"
    name = "written"
    words: list[str]
    schema_version: int = 2

    def entity_id(self) -> str:
        return "later"


async def test_bad_json_unknown_types_and_newer_schemas_hold_up_nothing(
    nats_server: NatsServer, new_database: NewDatabase
) -> None:
    """F28: the first is refused and fetched again, the second passed over, the third put aside after five tries."""
    tries = 0

    def read(tx: WriteSession, envelope: Envelope) -> None:
        nonlocal tries
        tries += "words" in envelope.data
        see_note(tx, envelope)

    dead, refused = _counted("parley_inbox_dead_letters"), _counted("parley_inbox_refused")
    async with producer(new_database(), nats_server.url) as notes:
        async with consumer(new_database(), nats_server.url, handler=read) as reader:
            await all_seen(reader, await write_notes(notes, 1))
            async with connected("forger", nats_server.url) as forger:
                await forger.js.publish("notes.note.2.written", b"{broken")
            await notes.write(lambda tx: tx.record(NoteBurnt(text="ashes")))
            await notes.write(lambda tx: tx.record(LaterNoteWritten(words=["note", "3"])))
            await notes.write(write_note, "note 4")
            await all_seen(reader, ["note 1", "note 4"])
            [buried] = await reader.read(lambda tx: tx.execute(select(dead_letter)).all())
            assert json.loads(buried.envelope)["data"] == {"words": ["note", "3"], "schema_version": 2}
            assert (buried.event_id, "KeyError" in buried.error) == (3, True)
            assert tries >= 5
            assert _counted("parley_inbox_dead_letters") == dead + 1
            await eventually(lambda: _counted("parley_inbox_refused") > refused)


async def test_a_handler_that_fails_for_a_while_is_tried_again(
    nats_server: NatsServer, new_database: NewDatabase
) -> None:
    failures = iter([LookupError, LookupError, LookupError])

    def stumble(tx: WriteSession, envelope: Envelope) -> None:
        for failure in failures:
            raise failure
        see_note(tx, envelope)

    async with producer(new_database(), nats_server.url) as notes:
        texts = await write_notes(notes, 1, 2)
        async with consumer(new_database(), nats_server.url, handler=stumble) as reader:
            await all_seen(reader, texts)
            assert not await reader.read(lambda tx: tx.execute(select(dead_letter)).all())


async def test_events_without_a_handler_are_passed_over(nats_server: NatsServer, new_database: NewDatabase) -> None:
    async with producer(new_database(), nats_server.url) as notes, database(new_database()) as db:
        async with connected("deaf", nats_server.url) as bus:
            inbox = Inbox("deaf", db, bus)
            inbox.on("notes", "note.burnt", see_note)
            async with inbox.running():
                await write_notes(notes, 1, 2, 3)
                await eventually(lambda: is_at(db, 3))
            assert await db.read(texts_seen) == []


async def is_at(db: Database, last_id: int) -> bool:
    return (await db.read(cursor, "notes")).last_id == last_id


async def test_a_producer_may_hand_over_what_it_committed(nats_server: NatsServer, new_database: NewDatabase) -> None:
    """With what was missing before it fetched, and the same events by JetStream dropped."""
    async with (
        producer(new_database(), nats_server.url) as notes,
        database(new_database()) as db,
        connected("reader", nats_server.url) as bus,
    ):
        inbox = Inbox("reader", db, bus)
        inbox.on("notes", "note.written", see_note)
        texts = await write_notes(notes, 1, 2, 3)
        _, rows = await notes.read(store.rows_after, 2, 1, 10**6)
        events = [json.loads(row.envelope) for row in rows]
        assert await inbox.push("notes", events) == 3
        assert await db.read(texts_seen) == texts
        assert await inbox.push("notes", events) == 3
        async with inbox.running():
            texts += await write_notes(notes, 4)
            await all_seen(db, texts)


async def test_catching_up_needs_the_producer(nats_server: NatsServer, new_database: NewDatabase) -> None:
    async with database(new_database()) as db, connected("reader", nats_server.url) as bus:
        inbox = Inbox("reader", db, bus)
        inbox.on("notes", "note.written", see_note)
        with pytest.raises(Unavailable):
            await inbox.catch_up("notes", 1)
        async with producer(new_database(), nats_server.url) as notes:
            texts = await write_notes(notes, *range(700))
            assert await eventually(lambda: caught_up(inbox)) == 700
            assert await db.read(texts_seen) == texts


async def caught_up(inbox: Inbox) -> int:
    try:
        return await inbox.catch_up("notes", 5)
    except Unavailable as problem:
        raise AssertionError from problem


async def test_writing_goes_on_without_the_broker(new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.bus._FIRST_CONNECT", 0.1)
    broker = NatsServer()
    try:
        async with producer(new_database(), broker.url) as notes, consumer(new_database(), broker.url) as reader:
            texts = await write_notes(notes, *range(20))
            broker.start()
            await all_seen(reader, texts)
    finally:
        broker.close()


async def test_a_stopped_database_of_the_consumer_loses_nothing(
    nats_server: NatsServer, new_database: NewDatabase
) -> None:
    target = new_database()
    create_tables(target)

    def refuse_at_first(tx: WriteSession, envelope: Envelope) -> None:
        if refusing:
            refusing.pop()
            raise Unavailable
        see_note(tx, envelope)

    refusing = [1] * 8
    async with producer(new_database(), nats_server.url) as notes:
        texts = await write_notes(notes, 1, 2, 3)
        async with consumer(target, nats_server.url, handler=refuse_at_first) as reader:
            await all_seen(reader, texts, within=20)
            assert not await reader.read(lambda tx: tx.execute(select(dead_letter)).all())


async def test_what_the_producer_no_longer_keeps_is_jumped_over(
    nats_server: NatsServer, new_database: NewDatabase
) -> None:
    async with database(new_database()) as notes, connected("notes", nats_server.url) as bus:
        texts = await write_notes(notes, *range(5))
        await notes.write(store.mark, 5, 0)
        await notes.write(lambda tx: store.purge(tx, tx.now.replace(year=tx.now.year + 1)))
        assert not await notes.read(lambda tx: store.rows_after(tx, 0, 10, 10**6)[1])
        texts = await write_notes(notes, 5)
        async with Outbox("notes", notes, bus).running(), consumer(new_database(), nats_server.url) as reader:
            await all_seen(reader, texts)
