import pytest

from services.rooms.actions.set_role import set_role
from services.rooms.tests.world import World
from shared.problems import Conflict, Forbidden, NotFound


async def test_an_owner_makes_a_moderator(world: World) -> None:
    ada = await world.person("ada")
    room = await world.room(ada)
    bob = await world.member(room, owner=ada)
    member = await world.act(set_role, ada, room.id, bob.user_id, "moderator")
    assert member.role == "moderator"
    expected = {"room_id": room.id, "user_id": bob.user_id, "role": "moderator", "by": ada.user_id}
    assert world.told() == [("member.role_changed", expected)]
    assert world.told_subjects() == [f"rooms.member.{room.id}.role_changed"]
    await world.act(set_role, ada, room.id, bob.user_id, "moderator")
    assert world.told() == []


async def test_an_owner_passes_the_room_on(world: World) -> None:
    ada = await world.person("ada")
    room = await world.room(ada)
    bob = await world.member(room, owner=ada)
    await world.act(set_role, ada, room.id, bob.user_id, "owner")
    told = world.told()
    assert [type_ for type_, _ in told] == ["member.role_changed", "member.role_changed", "room.updated"]
    assert (told[0][1]["user_id"], told[0][1]["role"]) == (ada.user_id, "moderator")
    assert (told[1][1]["user_id"], told[1][1]["role"]) == (bob.user_id, "owner")
    assert told[2][1]["room"]["owner_id"] == bob.user_id
    assert [data["by"] for _, data in told] == [ada.user_id] * 3
    assert await world.member_ids(room.id) == [(ada.user_id, "moderator"), (bob.user_id, "owner")]


async def test_an_owner_does_not_step_down(world: World) -> None:
    ada, admin = await world.person("ada"), await world.person("root", "admin")
    room = await world.room(ada)
    for who in (ada, admin):
        with pytest.raises(Conflict):
            await world.act(set_role, who, room.id, ada.user_id, "member")
    assert (await world.act(set_role, ada, room.id, ada.user_id, "owner")).role == "owner"
    assert world.told() == []


async def test_others_change_no_roles_and_strangers_have_none(world: World) -> None:
    ada, stranger = await world.person("ada"), await world.person("eve")
    room = await world.room(ada)
    moderator = await world.member(room, "moderator", owner=ada)
    with pytest.raises(Forbidden):
        await world.act(set_role, moderator, room.id, moderator.user_id, "owner")
    with pytest.raises(NotFound):
        await world.act(set_role, ada, room.id, stranger.user_id, "moderator")
