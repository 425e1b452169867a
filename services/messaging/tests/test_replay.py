"""What is replayed, from the log and from the broker's copy of it; and what is kept no longer."""

from datetime import timedelta
from typing import Any

import httpx
import orjson
from sqlalchemy import func, select, update

from services.messaging import models
from services.messaging.app import create_app
from services.messaging.purge import Purge
from services.messaging.settings import Settings
from services.messaging.spans import by_room, encode_span
from services.messaging.tests.world import World, get, room_state, unpack
from services.messaging.timeline import Entry
from shared.bus import Bus
from shared.clock import utc_now
from shared.database import Database
from shared.testing.nats import NatsServer
from shared.testing.plugin import running
from shared.testing.waiting import eventually


def entry(pos: int, room_id: str, seq: int, size: int = 10, removes: str | None = None) -> Entry:
    frame = orjson.dumps({"type": "room.deleted", "seq": seq, "room_id": room_id, "pad": "x" * size})
    return Entry(pos, room_id, seq, "message.created", frame, removes, utc_now())


def test_spans_are_of_one_room_in_its_order_and_of_bounded_size() -> None:
    entries = [entry(pos, "ab"[pos % 2], 1 + pos // 2, size=400) for pos in range(12)]
    spans = list(by_room(entries, 1_000))
    assert [[one.seq for one in span] for span in spans if span[0].room_id == "a"] == [[1, 2], [3, 4], [5, 6]]
    assert all(len({one.room_id for one in span}) == 1 for span in spans)
    assert [len(span) for span in by_room([entry(1, "a", 1, size=5_000)], 1_000)] == [1]
    header = orjson.loads(encode_span("e", [entry(1, "a", 7, removes="u"), entry(2, "a", 8)]).split(b"\n")[0])
    assert (header["first"], header["removes"], header["closes"]) == (7, {"7": "u"}, False)


async def test_a_resume_is_answered_within_the_window_and_refused_beyond_it(world: World, settings: Settings) -> None:
    anna, _, room_id = await world.pair()
    for start in range(0, 1_100, 100):
        await world.commands(
            [anna],
            [{"by": 0, "room_id": room_id, "content": "x", "client_id": f"{start + n}"} for n in range(100)],
        )
    entries = await world.entries(room_id, after=5)
    assert [one["seq"] for one in entries] == list(range(6, 1_103))
    for after, too_far in ((1_102, False), (1_103, True), (2**63 - 1, True), (0, False)):
        header, frames = await world.replay(room_id, after, resume=True)
        assert (header["too_far"], header["head"]) == (too_far, 1_102), after
        assert not (too_far and frames)
    db = Database(settings.database_url)
    old = utc_now() - timedelta(hours=25)
    await db.write(lambda tx: tx.execute(update(models.timeline).values(at=old)))
    db.close()
    header, _ = await world.replay(room_id, 0, resume=True)
    assert header["too_far"] is False  # of 10,000 entries any may be asked for, however old


async def test_a_window_of_entries_and_hours(settings: Settings, neighbours: World) -> None:
    world = neighbours
    small = settings.model_copy(update={"replay_events": 5})
    async with running(create_app(small)):
        anna, _, room_id = await world.pair()
        for number in range(10):
            await world.send(anna, room_id, "x", str(number))
        assert (await world.replay(room_id, 1, resume=True))[0]["too_far"] is False
        db = Database(settings.database_url)
        old = utc_now() - timedelta(hours=25)
        await db.write(lambda tx: tx.execute(update(models.timeline).values(at=old)))
        db.close()
        assert (await world.replay(room_id, 1, resume=True))[0]["too_far"] is True
        assert (await world.replay(room_id, 1))[0]["too_far"] is False
        assert (await world.replay(room_id, 7, resume=True))[0]["too_far"] is False


async def test_gateways_hear_entries_as_they_are_committed(world: World) -> None:
    anna, _, room_id = await world.pair()
    spans: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []

    async def hear(message: Any) -> None:
        spans.append(unpack(message.data))

    await world.bus.subscribe(f"messaging.room.{room_id}.entries", hear)
    await world.bus.ping()
    for number in range(20):
        await world.send(anna, room_id, str(number), str(number))
    await world.joined(room_id)
    await eventually(lambda: spans and spans[-1][1][-1]["seq"] == 23)
    heard = [frame["seq"] for _, frames in spans for frame in frames]
    assert heard[0] <= 3
    assert heard == list(range(heard[0], 24))


async def test_a_wiped_broker_is_filled_again(settings: Settings, own_nats_server: NatsServer) -> None:
    mine = settings.model_copy(update={"nats_url": own_nats_server.url})
    bus = Bus("rooms", mine)
    async with bus.connected():
        world = World(bus)
        await world.serve()
        async with running(create_app(mine)):
            anna, _, room_id = await world.pair()
            for number in range(5):
                await world.send(anna, room_id, str(number), str(number))
            await eventually(lambda: _copied(world, 7))
            own_nats_server.wipe()
            await eventually(lambda: _copied(world, 7))
            positions = [event["id"] for event in await _stream(world)]
            assert positions == list(range(1, 8))


async def _stream(world: World) -> list[dict[str, Any]]:
    """Everything that the broker's copy holds."""
    state = (await world.bus.js.stream_info("MESSAGING")).state
    found: list[dict[str, Any]] = []
    for seq in range(state.first_seq, state.last_seq + 1):
        found += orjson.loads((await world.bus.js.get_msg("MESSAGING", seq=seq)).data or b"[]")
    return found


async def _copied(world: World, pos: int) -> bool:
    try:
        return [event["id"] for event in await _stream(world)][-1:] == [pos]
    except Exception as error:
        raise AssertionError(str(error)) from error


async def test_what_a_room_keeps_no_longer_is_gone(world: World, settings: Settings, http: httpx.AsyncClient) -> None:
    anna, ben, room_id = await world.pair()
    other = await world.room(anna)
    for place in (room_id, other):
        for number in range(4):
            sent = await world.send(anna, place, f"old words @{world.name_of(ben)}", str(number))
        about = {"room_id": place, "message_id": sent["message_id"]}
        await world.command(anna, {"op": "react", **about, "emoji": "👍"})
        await world.command(anna, {"op": "edit", **about, "content": "other old words"})
    db = Database(settings.database_url)
    days = timedelta(days=8)

    def age(tx: Any) -> None:
        tx.execute(update(models.messages).values(created_at=tx.now - days))
        tx.execute(update(models.timeline).values(at=tx.now - days))

    def all_published(tx: Any) -> bool:
        head = tx.execute(select(models.timeline_head)).one()
        return bool(head.pos == head.published_pos)

    await world.tell("room.updated", room_id, room=room_state(room_id, anna, retention_days=7))
    await eventually(lambda: db.read(all_published))
    await db.write(age)
    fresh = await world.send(anna, room_id, "new words", "new")
    await Purge(db, settings, lambda: None).purge()
    page = (await get(http, anna, f"/rooms/{room_id}/messages")).json()
    assert [message["content"] for message in page["items"]] == ["new words"]
    hits = (await get(http, anna, f"/rooms/{room_id}/search?q=words")).json()["items"]
    assert [hit["content"] for hit in hits] == ["new words"]
    assert len((await get(http, anna, f"/rooms/{other}/messages")).json()["items"]) == 4
    counts = await db.read(
        lambda tx: [
            tx.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (models.reactions, models.revisions, models.messages)
        ]
    )
    assert counts == [1, 1, 5]
    header, _ = await world.replay(room_id, 0, resume=True)
    assert (header["too_far"], header["head"]) == (True, fresh["seq"] + 1)
    _, frames = await world.replay(room_id, fresh["seq"] - 1, resume=True)
    assert [frame["seq"] for frame in frames] == [fresh["seq"], fresh["seq"] + 1]
    assert frames[1]["before_seq"] == fresh["seq"]
    db.close()
