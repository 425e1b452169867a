from datetime import timedelta

import pytest

from services.rooms.actions.ban import ban
from services.rooms.actions.invite import invite, revoke_invite
from services.rooms.actions.join import join
from services.rooms.schemas import NewInvite
from services.rooms.store import blocks
from services.rooms.tests.world import World
from shared.ids import new_id
from shared.problems import Conflict, Forbidden, NotFound


async def test_a_code_is_for_whoever_holds_it_for_a_week(world: World) -> None:
    ada = await world.person("ada")
    room = await world.room(ada, kind="private")
    made = await world.act(invite, ada, room.id, NewInvite(max_uses=2))
    assert (made.max_uses, made.uses, made.user_id) == (2, 0, None)
    assert made.expires_at - made.created_at == timedelta(days=7)
    assert world.told() == []
    for _ in range(2):
        await world.act(join, await world.person(), room.id, made.code)
    with pytest.raises(NotFound):
        await world.act(join, await world.person(), room.id, made.code)


async def test_a_named_person_is_told_and_the_code_is_not(world: World) -> None:
    ada, bob = await world.person("ada"), await world.person("bob")
    room = await world.room(ada, name="Tea", kind="private")
    made = await world.act(invite, ada, room.id, NewInvite(user_id=bob.user_id, expires_in=60))
    [(type_, data)] = world.told()
    assert type_ == "user.invited"
    assert world.told_subjects() == [f"rooms.user.{bob.user_id}.invited"]
    assert data.pop("expires_at").endswith("Z")
    assert data == {"user_id": bob.user_id, "room_id": room.id, "room_name": "Tea", "by": ada.user_id}
    again = await world.act(invite, ada, room.id, NewInvite(user_id=bob.user_id))
    assert again.code != made.code
    with pytest.raises(NotFound):
        await world.act(revoke_invite, ada, room.id, made.code)


async def test_who_cannot_be_invited(world: World) -> None:
    ada, bob, eve = [await world.person(name) for name in ("ada", "bob", "eve")]
    room = await world.room(ada)
    await world.act(join, bob, room.id, None)
    await world.act(ban, room.id, eve.user_id, None)
    for user_id, code in ((bob.user_id, "already_member"), (eve.user_id, "banned")):
        with pytest.raises(Conflict) as refused:
            await world.act(invite, ada, room.id, NewInvite(user_id=user_id))
        assert refused.value.code == code
    with pytest.raises(NotFound):
        await world.act(invite, ada, room.id, NewInvite(user_id=new_id()))


async def test_whoever_is_blocked_gives_no_notice(world: World) -> None:
    ada, bob = await world.person("ada"), await world.person("bob")
    room = await world.room(ada)
    await world.act(blocks.put, bob.user_id, ada.user_id)
    with pytest.raises(Forbidden) as refused:
        await world.act(invite, ada, room.id, NewInvite(user_id=bob.user_id))
    assert (refused.value.code, world.told()) == ("blocked", [])
    await world.act(blocks.lift, bob.user_id, ada.user_id)
    await world.act(blocks.put, ada.user_id, bob.user_id)
    assert (await world.act(invite, ada, room.id, NewInvite(user_id=bob.user_id))).user_id == bob.user_id


async def test_a_withdrawn_code_opens_nothing(world: World) -> None:
    ada, bob = await world.person("ada"), await world.person("bob")
    room, other = await world.room(ada, kind="private"), await world.room(ada, kind="private")
    code = (await world.act(invite, ada, room.id, NewInvite())).code
    with pytest.raises(NotFound):
        await world.act(revoke_invite, ada, other.id, code)
    await world.act(revoke_invite, ada, room.id, code)
    with pytest.raises(NotFound):
        await world.act(join, bob, room.id, code)


async def test_members_do_not_invite(world: World) -> None:
    ada = await world.person("ada")
    room = await world.room(ada)
    member = await world.member(room, owner=ada)
    with pytest.raises(Forbidden):
        await world.act(invite, member, room.id, NewInvite())
    with pytest.raises(Forbidden):
        await world.act(revoke_invite, member, room.id, "code")
