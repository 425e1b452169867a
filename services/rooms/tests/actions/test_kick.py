import pytest

from services.rooms.actions.invite import invite
from services.rooms.actions.join import join
from services.rooms.actions.kick import kick
from services.rooms.schemas import NewInvite
from services.rooms.tests.world import World
from shared.problems import Forbidden, NotFound


async def test_a_moderator_removes_a_member(world: World) -> None:
    ada = await world.person("ada")
    room = await world.room(ada)
    moderator, member = await world.member(room, "moderator", owner=ada), await world.member(room, owner=ada)
    await world.act(kick, moderator, room.id, member.user_id)
    expected = {"room_id": room.id, "user_id": member.user_id, "reason": "kicked", "by": moderator.user_id}
    assert world.told() == [("member.left", expected)]
    with pytest.raises(NotFound):
        await world.act(kick, moderator, room.id, member.user_id)


async def test_not_upwards_not_sideways_not_oneself(world: World) -> None:
    ada = await world.person("ada")
    room = await world.room(ada)
    one, other = [await world.member(room, "moderator", owner=ada) for _ in range(2)]
    member, admin = await world.member(room, owner=ada), await world.person("root", "admin")
    await world.act(join, admin, room.id, None)
    before = await world.member_ids(room.id)
    for who, whom in [(one, ada), (one, other), (one, one), (ada, admin), (ada, ada), (member, member)]:
        with pytest.raises(Forbidden):
            await world.act(kick, who, room.id, whom.user_id)
        assert world.told() == []
    assert await world.member_ids(room.id) == before


async def test_the_staff_removes_even_an_owner_and_the_room_goes_on(world: World) -> None:
    ada, staff = await world.person("ada"), await world.person("mo", "moderator")
    room = await world.room(ada)
    heir = await world.member(room, owner=ada)
    await world.act(kick, staff, room.id, ada.user_id)
    assert world.told_types() == ["member.left", "member.role_changed", "room.updated"]
    assert await world.member_ids(room.id) == [(heir.user_id, "owner")]


async def test_an_invitation_by_name_does_not_bring_back(world: World) -> None:
    ada, bob, eve = [await world.person(name) for name in ("ada", "bob", "eve")]
    room = await world.room(ada, kind="private")
    for guest in (bob, eve):
        await world.act(invite, ada, room.id, NewInvite(user_id=guest.user_id))
        await world.act(join, guest, room.id, None)
    await world.act(kick, ada, room.id, bob.user_id)
    with pytest.raises(NotFound):
        await world.act(join, bob, room.id, None)
