import asyncio
from collections.abc import AsyncIterator

import pytest

from services.rooms.actions.create_room import create_room
from services.rooms.actions.join import join
from services.rooms.schemas import NewRoom
from services.rooms.settings import Settings
from services.rooms.tests.neighbours import Neighbours
from services.rooms.tests.world import World
from shared.bus import Bus
from shared.outbox import HandOver
from shared.problems import NotFound


@pytest.fixture
async def timeline(world: World, settings: Settings, near: Neighbours) -> AsyncIterator[HandOver]:
    bus = Bus("rooms", settings)
    async with bus.connected():
        yield HandOver(world.db, bus, "rooms", to="rpc.messaging.push")


async def test_what_was_committed_is_handed_over_in_the_order_of_its_ids(
    world: World, timeline: HandOver, near: Neighbours
) -> None:
    ada = await world.person("ada")
    room, in_order = await timeline.commit(create_room, ada, NewRoom(name="Tea"))
    assert in_order
    crowd = [await world.person() for _ in range(10)]
    await asyncio.gather(*(timeline.commit(join, one, room.id, None) for one in crowd))
    assert [event["id"] for event in near.messaging.events] == list(range(1, 12))
    assert {event["producer"] for event in near.messaging.events} == {"rooms"}


async def test_what_changed_nothing_needs_nobody(world: World, timeline: HandOver, near: Neighbours) -> None:
    ada = await world.person("ada")
    room, _ = await timeline.commit(create_room, ada, NewRoom(name="Tea"))
    near.messaging.away = True
    _, in_order = await timeline.commit(join, ada, room.id, None)
    assert in_order
    assert len(near.messaging.pushed) == 1


async def test_what_failed_is_not_handed_over(world: World, timeline: HandOver, near: Neighbours) -> None:
    ada = await world.person("ada")
    with pytest.raises(NotFound):
        await timeline.commit(join, ada, ada.user_id, None)
    assert near.messaging.pushed == []


@pytest.mark.parametrize("trouble", ["away", "slow", "behind"])
async def test_messaging_in_trouble_is_not_ours(
    world: World, timeline: HandOver, near: Neighbours, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    ada = await world.person("ada")
    if trouble == "away":
        near.messaging.away = True
    elif trouble == "slow":
        monkeypatch.setattr("shared.outbox.hand_over._PATIENCE", 0.1)
        near.messaging.delay = 1
    else:
        near.messaging.behind = 1
    room, in_order = await timeline.commit(create_room, ada, NewRoom(name="Tea"))
    assert not in_order
    assert (await world.member_ids(room.id)) == [(ada.user_id, "owner")]
