import asyncio
from datetime import timedelta

import pytest

from services.rooms.actions.ban import ban, unban
from services.rooms.actions.invite import invite
from services.rooms.actions.join import join
from services.rooms.actions.leave import leave
from services.rooms.actions.open_direct import open_direct
from services.rooms.actions.update_room import update_room
from services.rooms.models import invites
from services.rooms.schemas import NewInvite, RoomChanges
from services.rooms.store.members import MemberRow
from services.rooms.tests.world import World
from shared.clock import utc_now
from shared.database import Database
from shared.problems import Conflict, Forbidden, NotFound


async def test_a_public_room_is_open_and_joining_twice_changes_nothing(world: World) -> None:
    ada, bob = await world.person("ada"), await world.person("bob")
    room = await world.room(ada)
    member = await world.act(join, bob, room.id, None)
    [(type_, data)] = world.told()
    assert type_ == "member.joined"
    assert world.told_subjects() == [f"rooms.member.{room.id}.joined"]
    assert data["room_id"] == room.id
    assert (data["member"]["user_id"], data["member"]["role"]) == (bob.user_id, "member")
    assert data["member"]["username"] == member.username
    assert await world.act(join, bob, room.id, None) == member
    assert world.told() == []
    assert await world.member_ids(room.id) == [(ada.user_id, "owner"), (bob.user_id, "member")]


async def test_a_private_room_wants_an_invitation_of_its_own(world: World) -> None:
    ada, bob = await world.person("ada"), await world.person("bob")
    room, other = await world.room(ada, kind="private"), await world.room(ada, kind="private")
    code = (await world.act(invite, ada, room.id, NewInvite())).code
    foreign = (await world.act(invite, ada, other.id, NewInvite())).code
    for wrong in (None, foreign, "no-such-code"):
        with pytest.raises(NotFound):
            await world.act(join, bob, room.id, wrong)
    assert (await world.act(join, bob, room.id, code)).role == "member"


async def test_an_expired_invitation_opens_nothing(world: World) -> None:
    ada, bob = await world.person("ada"), await world.person("bob")
    room = await world.room(ada, kind="private")
    code = (await world.act(invite, ada, room.id, NewInvite(expires_in=60))).code
    await world.db.write(lambda tx: tx.execute(invites.update().values(expires_at=tx.now)))
    with pytest.raises(NotFound):
        await world.act(join, bob, room.id, code)


async def test_who_is_invited_by_name_needs_no_code_and_lends_none(world: World) -> None:
    ada, bob, eve = [await world.person(name) for name in ("ada", "bob", "eve")]
    room = await world.room(ada, kind="private")
    code = (await world.act(invite, ada, room.id, NewInvite(user_id=bob.user_id))).code
    for attempt in (None, code):
        with pytest.raises(NotFound):
            await world.act(join, eve, room.id, attempt)
    assert (await world.act(join, bob, room.id, None)).user_id == bob.user_id


async def test_of_ten_at_once_from_two_processes_a_code_for_one_lets_in_one(world: World, database_url: str) -> None:
    ada = await world.person("ada")
    room = await world.room(ada, kind="private")
    code = (await world.act(invite, ada, room.id, NewInvite(max_uses=1))).code
    ten = [await world.person() for _ in range(10)]
    other = Database(database_url)
    try:
        joining = (db.write(join, one, room.id, code) for one, db in zip(ten, (world.db, other) * 5, strict=True))
        results = await asyncio.gather(*joining, return_exceptions=True)
    finally:
        await asyncio.to_thread(other.close)
    assert sum(isinstance(result, MemberRow) for result in results) == 1
    assert sum(isinstance(result, NotFound) for result in results) == 9
    assert len(await world.member_ids(room.id)) == 2


async def test_a_full_room_takes_nobody_and_keeps_the_invitation(world: World) -> None:
    ada, bob, eve = [await world.person(name) for name in ("ada", "bob", "eve")]
    room = await world.room(ada, kind="private", max_members=2)
    code = (await world.act(invite, ada, room.id, NewInvite(max_uses=2))).code
    await world.act(join, bob, room.id, code)
    with pytest.raises(NotFound):
        await world.act(join, eve, room.id, None)
    with pytest.raises(Conflict) as refused:
        await world.act(join, eve, room.id, code)
    assert refused.value.code == "room_full"
    assert (await world.act(join, bob, room.id, code)).user_id == bob.user_id
    lowered = await world.act(update_room, ada, room.id, RoomChanges(max_members=1))
    assert (lowered.max_members, lowered.member_count) == (1, 2)
    await world.act(leave, bob, room.id)
    with pytest.raises(Conflict):
        await world.act(join, eve, room.id, code)
    await world.act(update_room, ada, room.id, RoomChanges(max_members=None))
    assert (await world.act(join, eve, room.id, code)).user_id == eve.user_id


async def test_of_many_at_once_from_two_processes_a_room_takes_as_many_as_it_may(
    world: World, database_url: str
) -> None:
    room = await world.room(await world.person("ada"), max_members=4)
    crowd = [await world.person() for _ in range(12)]
    other = Database(database_url)
    try:
        joining = (db.write(join, one, room.id, None) for one, db in zip(crowd, (world.db, other) * 6, strict=True))
        results = await asyncio.gather(*joining, return_exceptions=True)
    finally:
        await asyncio.to_thread(other.close)
    assert sum(isinstance(result, MemberRow) for result in results) == 3
    assert sum(isinstance(result, Conflict) for result in results) == 9
    assert len(await world.member_ids(room.id)) == 4


async def test_a_banned_person_stays_out_until_the_ban_ends(world: World) -> None:
    ada, bob = await world.person("ada"), await world.person("bob")
    room = await world.room(ada, kind="private")
    code = (await world.act(invite, ada, room.id, NewInvite())).code
    await world.act(ban, room.id, bob.user_id, utc_now() + timedelta(hours=1))
    for attempt in (code, None):
        with pytest.raises(Forbidden) as refused:
            await world.act(join, bob, room.id, attempt)
        assert refused.value.code == "banned"
    await world.act(ban, room.id, bob.user_id, utc_now() - timedelta(milliseconds=1))
    await world.act(join, bob, room.id, code)


async def test_an_unbanned_person_may_come_back(world: World) -> None:
    ada, bob = await world.person("ada"), await world.person("bob")
    room = await world.room(ada)
    await world.act(ban, room.id, bob.user_id, None)
    with pytest.raises(Forbidden):
        await world.act(join, bob, room.id, None)
    await world.act(unban, room.id, bob.user_id)
    await world.act(join, bob, room.id, None)


async def test_a_direct_room_is_not_there_for_a_third(world: World) -> None:
    ada, bob, eve = [await world.person(name) for name in ("ada", "bob", "eve")]
    room = await world.act(open_direct, ada, bob.user_id)
    admin = await world.person("root", "admin")
    for third in (eve, admin):
        with pytest.raises(NotFound):
            await world.act(join, third, room.id, None)
    assert (await world.act(join, bob, room.id, None)).role == "member"
