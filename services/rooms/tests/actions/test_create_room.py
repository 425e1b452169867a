from datetime import timedelta

import pytest

from services.rooms.actions.create_room import create_room
from services.rooms.schemas import NewRoom
from services.rooms.tests.world import World
from shared.caller import Caller
from shared.clock import utc_now
from shared.ids import new_id
from shared.problems import Invalid, Unauthorized


async def test_the_creator_owns_it_and_the_event_carries_room_and_owner(world: World) -> None:
    ada = await world.person("ada")
    room = await world.act(create_room, ada, NewRoom(name="Tea", description="Green", slow_mode_seconds=5))
    assert (room.owner_id, room.my_role, room.member_count) == (ada.user_id, "owner", 1)
    [(type_, data)] = world.told()
    assert type_ == "room.created"
    assert world.told_subjects() == [f"rooms.room.{room.id}.created"]
    assert data["room"] == room.model_dump(mode="json", exclude={"member_count", "my_role"})
    [owner] = data["members"]
    assert owner.keys() == {"user_id", "username", "display_name", "role", "joined_at"}
    assert (owner["user_id"], owner["role"]) == (ada.user_id, "owner")
    assert await world.member_ids(room.id) == [(ada.user_id, "owner")]


async def test_a_temporary_room_knows_its_end(world: World) -> None:
    ada = await world.person()
    by_length = await world.room(ada, ttl_seconds=60)
    assert by_length.expires_at == by_length.created_at + timedelta(seconds=60)
    end = utc_now() + timedelta(hours=1)
    by_time = await world.room(ada, expires_at=end)
    assert by_time.expires_at == end


@pytest.mark.parametrize("away", [timedelta(seconds=-1), timedelta(days=3_700)], ids=["past", "too far"])
async def test_an_impossible_end_is_refused(world: World, away: timedelta) -> None:
    ada = await world.person()
    draft = NewRoom(name="Tea", expires_at=utc_now() + away)
    with pytest.raises(Invalid):
        await world.act(create_room, ada, draft)
    assert world.told() == []


async def test_nobody_makes_rooms_after_deletion(world: World) -> None:
    nobody = Caller(new_id(), new_id(), "user", "127.0.0.1")
    with pytest.raises(Unauthorized):
        await world.act(create_room, nobody, NewRoom(name="Tea"))
