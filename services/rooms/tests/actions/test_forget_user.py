import pytest

from services.rooms import queries
from services.rooms.actions.ban import ban
from services.rooms.actions.create_room import create_room
from services.rooms.actions.forget_user import forget_user
from services.rooms.actions.invite import invite
from services.rooms.actions.open_direct import open_direct
from services.rooms.schemas import NewInvite, NewRoom
from services.rooms.store import bans, blocks, users
from services.rooms.tests.world import World, profile
from shared.ids import new_id
from shared.problems import NotFound, Unauthorized


async def test_the_person_leaves_all_rooms(world: World) -> None:
    ada = await world.person("ada")
    public, private = await world.room(ada), await world.room(ada, kind="private")
    heir = await world.member(public, owner=ada)
    await world.act(forget_user, ada.user_id)
    assert sorted(world.told_types()) == [
        "member.left",
        "member.left",
        "member.role_changed",
        "room.deleted",
        "room.updated",
    ]
    assert await world.member_ids(public.id) == [(heir.user_id, "owner")]
    assert await world.member_ids(private.id) == []
    with pytest.raises(Unauthorized):
        await world.act(create_room, ada, NewRoom(name="Ghost"))


async def test_a_conversation_stays_for_the_other_one(world: World) -> None:
    ada, bob = await world.person("ada"), await world.person("bob")
    room = await world.act(open_direct, ada, bob.user_id)
    await world.act(forget_user, ada.user_id)
    [left] = await world.db.read(queries.list_direct, bob, None, 10)
    assert (left.id, left.with_.id, left.with_.username) == (room.id, ada.user_id, "deleted")
    with pytest.raises(NotFound):
        await world.act(open_direct, bob, ada.user_id)
    await world.act(forget_user, bob.user_id)
    assert world.told_types() == ["member.left", "room.deleted"]


async def test_what_others_said_about_the_person_goes_too(world: World) -> None:
    ada, bob, eve = [await world.person(name) for name in ("ada", "bob", "eve")]
    room = await world.room(ada, kind="private")
    await world.act(invite, ada, room.id, NewInvite(user_id=bob.user_id))
    await world.act(ban, room.id, eve.user_id, None)
    await world.act(blocks.put, bob.user_id, eve.user_id)
    await world.act(blocks.put, ada.user_id, bob.user_id)
    await world.act(blocks.put, ada.user_id, eve.user_id)
    await world.act(forget_user, bob.user_id)
    assert await world.db.read(queries.list_invites, ada, room.id, None, 10) == []
    assert not await world.db.read(blocks.stands_between, bob.user_id, eve.user_id)
    assert not await world.db.read(blocks.stands_between, ada.user_id, bob.user_id)
    assert await world.db.read(blocks.has_blocked, ada.user_id, eve.user_id)
    assert await world.db.read(bans.is_banned, room.id, eve.user_id)
    await world.act(forget_user, eve.user_id)
    assert not await world.db.read(bans.is_banned, room.id, eve.user_id)


async def test_a_late_answer_brings_nobody_back(world: World) -> None:
    ghost = new_id()
    await world.act(forget_user, ghost)
    await world.act(users.learn, profile(ghost, "ghost"))
    await world.act(users.put, profile(ghost, "ghost"))
    assert await world.db.read(users.public, ghost) is None
