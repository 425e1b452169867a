from collections.abc import Sequence
from typing import Any

import pytest

from services.rooms import queries
from services.rooms.actions.invite import invite
from services.rooms.actions.join import join
from services.rooms.actions.open_direct import open_direct
from services.rooms.schemas import NewInvite
from services.rooms.tests.world import World
from shared.caller import Caller
from shared.problems import Forbidden, NotFound


async def listed(world: World, caller: Caller, **filters: Any) -> list[str]:
    wanted = {"q": None, "mine": False, "kind": None, "after": None, "fetch": 100, **filters}
    return [room.id for room in await world.db.read(queries.list_rooms, caller, **wanted)]


async def test_public_rooms_and_ones_own_newest_first(world: World) -> None:
    ada, eve, admin = await world.person("ada"), await world.person("eve"), await world.person("root", "admin")
    open_, closed = await world.room(ada), await world.room(ada, kind="private")
    direct = await world.act(open_direct, ada, eve.user_id)
    other = await world.room(eve)
    assert await listed(world, ada) == [other.id, direct.id, closed.id, open_.id]
    assert await listed(world, eve) == [other.id, direct.id, open_.id]
    assert await listed(world, admin) == [other.id, open_.id]
    assert await listed(world, ada, mine=True) == [direct.id, closed.id, open_.id]
    assert await listed(world, eve, mine=True) == [other.id, direct.id]
    assert await listed(world, ada, kind="public") == [other.id, open_.id]
    assert await listed(world, ada, kind="private") == [closed.id]
    assert await listed(world, eve, kind="private") == []
    assert await listed(world, eve, kind="direct") == [direct.id]
    assert await listed(world, ada, mine=True, kind="public") == [open_.id]


async def test_each_room_says_what_the_caller_is_in_it(world: World) -> None:
    ada, eve = await world.person("ada"), await world.person("eve")
    room = await world.room(ada)
    for caller, role in ((ada, "owner"), (eve, None)):
        [found] = await world.db.read(queries.list_rooms, caller, q=None, mine=False, kind=None, after=None, fetch=10)
        assert found == await world.db.read(queries.show_room, caller, room.id)
        assert (found.my_role, found.member_count) == (role, 1)


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("tea", ["Green TEA", "Tea"]),
        ("TEA", ["Green TEA", "Tea"]),
        ("een t", ["Green TEA"]),
        ("%", ["100% cotton"]),
        ("_", ["snake_case"]),
        ("\\", ["back\\slash"]),
        ("stra\u00dfe", ["Hauptstrasse"]),
        ("\uff34ea", ["Green TEA", "Tea"]),
        ("nothing like it", []),
        ("' OR 1=1 --", []),
    ],
)
async def test_a_part_of_the_name_is_found_as_it_is(world: World, q: str, names: Sequence[str]) -> None:
    ada = await world.person("ada")
    for name in ("Tea", "Green TEA", "100% cotton", "snake_case", "back\\slash", "Hauptstrasse"):
        await world.room(ada, name=name)
    found = await world.db.read(queries.list_rooms, ada, q=q, mine=False, kind=None, after=None, fetch=10)
    assert [room.name for room in found] == list(names)


async def test_pages_meet_without_gap_or_overlap(world: World) -> None:
    ada, bob = await world.person("ada"), await world.person("bob")
    for number in range(7):
        await world.room(ada if number % 2 else bob, kind="private" if number % 3 == 0 else "public")
    everything = await listed(world, ada)
    pages, after = [], None
    while page := await listed(world, ada, after=after, fetch=2):
        pages += page
        after = page[-1]
    assert pages == everything


async def test_members_by_seniority(world: World) -> None:
    ada, eve = await world.person("ada"), await world.person("eve")
    room, closed = await world.room(ada), await world.room(ada, kind="private")
    others = [await world.member(room, owner=ada) for _ in range(3)]
    first = await world.db.read(queries.list_members, eve, room.id, None, 2)
    assert [member.user_id for member in first] == [ada.user_id, others[0].user_id]
    after = (first[-1].joined_at, first[-1].user_id)
    rest = await world.db.read(queries.list_members, eve, room.id, after, 10)
    assert [member.user_id for member in rest] == [other.user_id for other in others[1:]]
    with pytest.raises(NotFound):
        await world.db.read(queries.list_members, eve, closed.id, None, 10)


async def test_invitations_for_those_who_make_them(world: World) -> None:
    ada, eve = await world.person("ada"), await world.person("eve")
    room, closed = await world.room(ada), await world.room(ada, kind="private")
    codes = sorted([(await world.act(invite, ada, room.id, NewInvite())).code for _ in range(3)])
    found = await world.db.read(queries.list_invites, ada, room.id, None, 10)
    assert sorted(each.code for each in found) == codes
    rest = await world.db.read(queries.list_invites, ada, room.id, found[0].code, 10)
    assert [each.code for each in rest] == [each.code for each in found[1:]]
    await world.act(join, eve, room.id, None)
    with pytest.raises(Forbidden):
        await world.db.read(queries.list_invites, eve, room.id, None, 10)
    with pytest.raises(NotFound):
        await world.db.read(queries.list_invites, eve, closed.id, None, 10)


async def test_conversations_with_the_other_one(world: World) -> None:
    ada = await world.person("ada")
    others = [await world.person(f"other{number}") for number in range(3)]
    rooms = [await world.act(open_direct, ada, other.user_id) for other in others]
    found = await world.db.read(queries.list_direct, ada, None, 2)
    assert found == [rooms[2], rooms[1]]
    assert [room.with_.id for room in found] == [others[2].user_id, others[1].user_id]
    assert await world.db.read(queries.list_direct, ada, found[-1].id, 2) == [rooms[0]]
    assert (await world.db.read(queries.list_direct, others[0], None, 9))[0].with_.id == ada.user_id


async def test_a_conversation_of_two_is_not_there_for_others(world: World) -> None:
    ada, bob, eve = [await world.person(name) for name in ("ada", "bob", "eve")]
    admin = await world.person("root", "admin")
    room = await world.act(open_direct, ada, bob.user_id)
    for third in (eve, admin):
        with pytest.raises(NotFound):
            await world.db.read(queries.show_room, third, room.id)
