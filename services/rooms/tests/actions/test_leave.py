import pytest

from services.rooms.actions.join import join
from services.rooms.actions.leave import leave
from services.rooms.actions.open_direct import open_direct
from services.rooms.actions.set_role import set_role
from services.rooms.tests.world import World
from shared.problems import Forbidden, NotFound


async def test_a_member_goes(world: World) -> None:
    ada = await world.person("ada")
    room = await world.room(ada)
    bob = await world.member(room, owner=ada)
    await world.act(leave, bob, room.id)
    expected = {"room_id": room.id, "user_id": bob.user_id, "reason": "left", "by": bob.user_id}
    assert world.told() == [("member.left", expected)]
    assert world.told_subjects() == [f"rooms.member.{room.id}.left"]
    await world.act(leave, bob, room.id)
    assert world.told() == []
    assert await world.member_ids(room.id) == [(ada.user_id, "owner")]


async def test_an_owner_hands_over_to_the_longest_standing_moderator(world: World) -> None:
    ada = await world.person("ada")
    room = await world.room(ada)
    await world.member(room, owner=ada)
    first = await world.member(room, "moderator", owner=ada)
    await world.member(room, "moderator", owner=ada)
    await world.act(leave, ada, room.id)
    assert world.told_types() == ["member.left", "member.role_changed", "room.updated"]
    assert world.told()[1][1] == {"room_id": room.id, "user_id": first.user_id, "role": "owner", "by": None}
    assert world.told()[2][1]["room"]["owner_id"] == first.user_id
    assert (first.user_id, "owner") in await world.member_ids(room.id)


async def test_else_to_the_longest_standing_member(world: World) -> None:
    ada = await world.person("ada")
    room = await world.room(ada)
    first = await world.member(room, owner=ada)
    await world.member(room, owner=ada)
    await world.act(leave, ada, room.id)
    assert [role for user_id, role in await world.member_ids(room.id) if user_id == first.user_id] == ["owner"]


async def test_an_empty_public_room_waits_without_an_owner(world: World) -> None:
    ada, admin = await world.person("ada"), await world.person("root", "admin")
    room = await world.room(ada)
    await world.act(leave, ada, room.id)
    assert world.told_types() == ["member.left", "room.updated"]
    assert world.told()[1][1]["room"]["owner_id"] is None
    assert (await world.act(join, ada, room.id, None)).role == "member"
    assert (await world.act(set_role, admin, room.id, ada.user_id, "owner")).role == "owner"
    assert world.told_types() == ["member.role_changed", "room.updated"]


async def test_an_empty_private_room_ends(world: World) -> None:
    ada = await world.person("ada")
    room = await world.room(ada, kind="private")
    await world.act(leave, ada, room.id)
    assert world.told_types() == ["member.left", "room.deleted"]
    assert world.told()[1][1] == {"room_id": room.id, "reason": "empty", "by": None}
    with pytest.raises(NotFound):
        await world.act(leave, ada, room.id)


async def test_a_conversation_is_not_left(world: World) -> None:
    ada, bob = await world.person("ada"), await world.person("bob")
    room = await world.act(open_direct, ada, bob.user_id)
    with pytest.raises(Forbidden):
        await world.act(leave, ada, room.id)
