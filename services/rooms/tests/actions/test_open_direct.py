import asyncio

import pytest

from services.rooms import queries
from services.rooms.actions.delete_room import delete_room
from services.rooms.actions.invite import invite
from services.rooms.actions.kick import kick
from services.rooms.actions.open_direct import open_direct
from services.rooms.actions.set_role import set_role
from services.rooms.actions.update_room import update_room
from services.rooms.schemas import NewInvite, RoomChanges
from services.rooms.store import blocks
from services.rooms.tests.world import World
from shared.database import Database
from shared.ids import new_id
from shared.problems import Forbidden, NotFound


async def test_the_same_room_whoever_asks(world: World) -> None:
    ada, bob = await world.person("ada"), await world.person("bob")
    room = await world.act(open_direct, ada, bob.user_id)
    assert (room.kind, room.owner_id, room.member_count, room.my_role) == ("direct", None, 2, "member")
    assert room.with_.id == bob.user_id
    [(type_, data)] = world.told()
    assert type_ == "room.created"
    assert {member["user_id"] for member in data["members"]} == {ada.user_id, bob.user_id}
    assert {member["role"] for member in data["members"]} == {"member"}
    again = await world.act(open_direct, bob, ada.user_id)
    assert (again.id, again.with_.id) == (room.id, ada.user_id)
    assert world.told() == []


async def test_of_many_at_once_from_two_processes_there_is_one(world: World, database_url: str) -> None:
    ada, bob = await world.person("ada"), await world.person("bob")
    replica = Database(database_url)
    tries = [
        db.write(open_direct, *pair)
        for _ in range(5)
        for db in (world.db, replica)
        for pair in ((ada, bob.user_id), (bob, ada.user_id))
    ]
    try:
        opened = await asyncio.gather(*tries)
    finally:
        await asyncio.to_thread(replica.close)
    assert len({room.id for room in opened}) == 1


async def test_not_with_oneself_nor_with_nobody(world: World) -> None:
    ada = await world.person("ada")
    for user_id in (ada.user_id, new_id()):
        with pytest.raises(NotFound):
            await world.act(open_direct, ada, user_id)


async def test_a_block_closes_it_both_ways_whether_it_was_there_or_not(world: World) -> None:
    ada, bob, eve = [await world.person(name) for name in ("ada", "bob", "eve")]
    room = await world.act(open_direct, ada, bob.user_id)
    for blocked in (bob, bob, eve):
        await world.act(blocks.put, ada.user_id, blocked.user_id)
    for one, other in ((ada, bob), (bob, ada), (ada, eve), (eve, ada)):
        with pytest.raises(Forbidden) as refused:
            await world.act(open_direct, one, other.user_id)
        assert refused.value.code == "blocked"
    assert await world.db.read(queries.list_direct, eve, None, 10) == []
    assert await world.db.read(queries.show_room, ada, room.id) is not None
    assert (await world.act(open_direct, bob, eve.user_id)).with_.id == eve.user_id
    for blocked in (bob, eve, eve):
        await world.act(blocks.lift, ada.user_id, blocked.user_id)
    assert (await world.act(open_direct, bob, ada.user_id)).id == room.id
    assert (await world.act(open_direct, eve, ada.user_id)).with_.id == ada.user_id


async def test_nothing_about_it_can_be_changed(world: World) -> None:
    ada, bob, admin = await world.person("ada"), await world.person("bob"), await world.person("root", "admin")
    room_id = (await world.act(open_direct, ada, bob.user_id)).id
    for who, problem in ((ada, Forbidden), (admin, NotFound)):
        with pytest.raises(problem):
            await world.act(update_room, who, room_id, RoomChanges(name="Ours"))
        with pytest.raises(problem):
            await world.act(delete_room, who, room_id)
        with pytest.raises(problem):
            await world.act(invite, who, room_id, NewInvite())
        with pytest.raises(problem):
            await world.act(kick, who, room_id, bob.user_id)
        with pytest.raises(problem):
            await world.act(set_role, who, room_id, bob.user_id, "moderator")
    assert world.told() == []
