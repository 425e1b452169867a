from datetime import timedelta

import pytest

from services.rooms import queries
from services.rooms.actions.delete_room import delete_room, end_expired
from services.rooms.actions.invite import invite
from services.rooms.actions.join import join
from services.rooms.schemas import NewInvite
from services.rooms.store import rooms
from services.rooms.tests.world import World
from shared.problems import Forbidden, NotFound


async def test_the_owner_ends_it_with_everything_about_it(world: World) -> None:
    ada = await world.person()
    room = await world.room(ada)
    member = await world.member(room, owner=ada)
    await world.act(invite, ada, room.id, NewInvite())
    with pytest.raises(Forbidden):
        await world.act(delete_room, member, room.id)
    await world.act(delete_room, ada, room.id)
    assert world.told() == [("room.deleted", {"room_id": room.id, "reason": "deleted", "by": ada.user_id})]
    assert world.told_subjects() == [f"rooms.room.{room.id}.deleted"]
    assert await world.member_ids(room.id) == []
    with pytest.raises(NotFound):
        await world.act(delete_room, ada, room.id)


async def test_an_admin_ends_any_room(world: World) -> None:
    ada, admin = await world.person(), await world.person("root", "admin")
    room = await world.room(ada, kind="private")
    await world.act(delete_room, admin, room.id)
    assert world.told_types() == ["room.deleted"]


async def test_rooms_whose_time_is_over_are_gone_before_they_are_ended(world: World) -> None:
    ada, bob = await world.person(), await world.person()
    over, later = await world.room(ada, ttl_seconds=60), await world.room(ada, ttl_seconds=900)
    await world.act(rooms.change, over.id, {"expires_at": over.created_at - timedelta(milliseconds=1)})
    with pytest.raises(NotFound):
        await world.db.read(queries.show_room, ada, over.id)
    with pytest.raises(NotFound):
        await world.act(join, bob, over.id, None)
    assert await world.act(end_expired, 10) == 1
    assert world.told() == [("room.deleted", {"room_id": over.id, "reason": "expired", "by": None})]
    assert await world.act(end_expired, 10) == 0
    assert (await world.db.read(queries.show_room, ada, later.id)).id == later.id
    assert await world.db.read(rooms.next_end) == later.expires_at
