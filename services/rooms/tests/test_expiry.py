from datetime import datetime

import pytest
from structlog.testing import capture_logs

from services.rooms.actions.create_room import create_room
from services.rooms.app import create_app
from services.rooms.expiry import Expiry
from services.rooms.schemas import NewRoom
from services.rooms.settings import Settings
from services.rooms.store import rooms
from services.rooms.tests.house import House, code_of
from services.rooms.tests.neighbours import Neighbours
from services.rooms.tests.world import World
from shared.bus import Bus
from shared.clock import utc_now
from shared.outbox import HandOver
from shared.problems import Unavailable
from shared.testing.plugin import running
from shared.testing.waiting import eventually


def seconds_since(moment: str) -> float:
    return (utc_now() - datetime.fromisoformat(moment)).total_seconds()


@pytest.fixture
def only_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks by themselves."""
    monkeypatch.setattr("services.rooms.expiry._LONGEST_SLEEP", 3600.0)


async def test_a_room_ends_on_time_and_messaging_hears_of_it(only_woken: None, house: House) -> None:
    ada = house.person("ada")
    later = await house.room(ada, ttl_seconds=600)
    room = await house.room(ada, ttl_seconds=1)
    assert (await house.call(ada, "GET", f"/rooms/{room['id']}")).status_code == 200
    await eventually(lambda: "room.deleted" in house.near.messaging.types(), within=60)
    assert seconds_since(room["expires_at"]) >= 0
    assert house.near.messaging.events[-1]["data"] == {"room_id": room["id"], "reason": "expired", "by": None}
    assert code_of(await house.call(ada, "GET", f"/rooms/{room['id']}")) == (404, "not_found")
    assert (await house.call(ada, "GET", f"/rooms/{later['id']}")).status_code == 200


async def test_an_end_that_is_moved_is_kept(only_woken: None, house: House) -> None:
    ada = house.person("ada")
    room, other = await house.room(ada, ttl_seconds=600), await house.room(ada, ttl_seconds=1)
    await house.done(ada, "PUT", f"/rooms/{other['id']}", {"expires_at": None})
    sooner = await house.done(ada, "PUT", f"/rooms/{room['id']}", {"ttl_seconds": 2})
    await eventually(lambda: "room.deleted" in house.near.messaging.types(), within=60)
    assert seconds_since(sooner["expires_at"]) >= 0
    assert house.near.messaging.events[-1]["data"] == {"room_id": room["id"], "reason": "expired", "by": None}
    assert (await house.call(ada, "GET", f"/rooms/{other['id']}")).status_code == 200


async def test_what_came_due_while_nobody_ran_ends_at_the_start(
    world: World, settings: Settings, near: Neighbours
) -> None:
    ada = await world.person("ada")
    overdue = [await world.act(create_room, ada, NewRoom(name="Tea", ttl_seconds=60)) for _ in range(60)]
    for room in overdue:
        await world.db.write(rooms.change, room.id, {"expires_at": room.created_at})
    async with running(create_app(settings)):
        await eventually(lambda: near.messaging.types().count("room.deleted") == len(overdue))


@pytest.mark.parametrize("failure", [RuntimeError("no luck"), Unavailable("away")], ids=["unforeseen", "foreseen"])
async def test_a_failure_is_only_a_delay(
    world: World, settings: Settings, near: Neighbours, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    ada = await world.person("ada")
    room = await world.act(create_room, ada, NewRoom(name="Tea", ttl_seconds=60))
    monkeypatch.setattr("services.rooms.expiry._AFTER_FAILURE", 0.05)
    bus = Bus("rooms", settings)
    expiry = Expiry(world.db, HandOver(world.db, bus, "rooms", to="rpc.messaging.push"))
    failures = 0
    read = world.db.read

    async def read_badly(*args: object) -> object:
        nonlocal failures
        if failures < 3:
            failures += 1
            raise failure
        return await read(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(world.db, "read", read_badly)
    await world.db.write(rooms.change, room.id, {"expires_at": room.created_at})
    with capture_logs() as logged:
        async with bus.connected(), expiry.running():
            await eventually(lambda: near.messaging.types() == ["room.deleted"])
    traces = [line for line in logged if line.get("exc_info")]
    assert bool(traces) == isinstance(failure, RuntimeError)
