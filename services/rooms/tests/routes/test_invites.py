import asyncio
from typing import Any

from services.rooms.tests.house import House, code_of
from shared.caller import Caller
from shared.testing.waiting import eventually


async def test_a_code_for_one_admits_one_of_ten(house: House) -> None:
    ada = house.person("ada")
    path = f"/rooms/{(await house.room(ada, kind='private'))['id']}"
    made = await house.call(ada, "POST", f"{path}/invites", {"max_uses": 1, "expires_in": 60})
    assert made.status_code == 201
    invite = made.json()
    assert invite.keys() >= {"code", "expires_at", "max_uses", "uses"}
    assert (invite["max_uses"], invite["uses"]) == (1, 0)
    ten = [house.person(f"guest{number}") for number in range(10)]
    tries = (house.call(one, "POST", f"{path}/join", {"invite": invite["code"]}) for one in ten)
    answers = await asyncio.gather(*tries)
    assert sorted(answer.status_code for answer in answers) == [200] + [404] * 9
    listed = await house.done(ada, "GET", f"{path}/invites")
    assert listed == {"items": [{**invite, "uses": 1}], "next_cursor": None}


async def test_withdrawing(house: House) -> None:
    ada, bob = house.person("ada"), house.person("bob")
    path = f"/rooms/{(await house.room(ada, kind='private'))['id']}"
    code = (await house.done(ada, "POST", f"{path}/invites", {}))["code"]
    assert (await house.call(ada, "DELETE", f"{path}/invites/{code}")).status_code == 204
    assert code_of(await house.call(ada, "DELETE", f"{path}/invites/{code}")) == (404, "not_found")
    assert code_of(await house.call(bob, "POST", f"{path}/join", {"invite": code})) == (404, "not_found")
    assert (await house.done(ada, "GET", f"{path}/invites"))["items"] == []


async def test_by_name_even_when_we_have_not_heard_of_them(house: House) -> None:
    ada, bob = house.person("ada"), house.person("bob")
    path = f"/rooms/{(await house.room(ada, kind='private'))['id']}"
    named = await house.done(ada, "POST", f"{path}/invites", {"user_id": bob.user_id})
    assert (named["user_id"], named["max_uses"]) == (bob.user_id, 1)
    assert (await house.call(bob, "POST", f"{path}/join")).status_code == 200
    again = await house.call(ada, "POST", f"{path}/invites", {"user_id": bob.user_id})
    assert code_of(again) == (409, "already_member")
    nobody = house.person("nobody")
    del house.near.auth.people[nobody.user_id]
    assert code_of(await house.call(ada, "POST", f"{path}/invites", {"user_id": nobody.user_id}))[0] == 404


async def test_the_invited_find_their_invitations(house: House) -> None:
    ada, bob, eve = [house.person(name) for name in ("ada", "bob", "eve")]
    root = house.person("root", "admin")  # of whom rooms has not heard when the first invitation is made
    rooms = [await house.room(ada, name=f"Room {number}", kind="private") for number in range(4)]
    for room in rooms:
        await house.done(root, "POST", f"/rooms/{room['id']}/invites", {"user_id": bob.user_id})
    await house.done(ada, "POST", f"/rooms/{rooms[0]['id']}/invites", {})
    first = await house.done(bob, "GET", "/invites", limit=3)
    rest = await house.done(bob, "GET", "/invites", limit=3, cursor=first["next_cursor"])
    found = first["items"] + rest["items"]
    assert [each["room"] for each in found] == [{**room, "my_role": None} for room in rooms[::-1]]
    assert all(each["by"] == house.near.auth.people[root.user_id] for each in found)
    assert found[0].keys() == {"room", "by", "expires_at", "created_at"}
    await house.done(bob, "POST", f"/rooms/{rooms[3]['id']}/join")
    await house.done(ada, "DELETE", f"/rooms/{rooms[2]['id']}")
    [named] = [each for each in await _codes(house, ada, rooms[1]) if each["user_id"] == bob.user_id]
    await house.done(ada, "DELETE", f"/rooms/{rooms[1]['id']}/invites/{named['code']}")
    left = (await house.done(bob, "GET", "/invites"))["items"]
    assert [each["room"]["id"] for each in left] == [rooms[0]["id"]]
    await house.near.moderation.tell(
        "member.banned", rooms[0]["id"], {"room_id": rooms[0]["id"], "user_id": bob.user_id}
    )
    await eventually(lambda: _has_none(house, bob))
    assert (await house.done(eve, "GET", "/invites"))["items"] == []


async def _codes(house: House, who: Caller, room: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await house.done(who, "GET", f"/rooms/{room['id']}/invites"))["items"]
    return items


async def _has_none(house: House, who: Caller) -> bool:
    found = await house.done(who, "GET", "/invites")
    return not found["items"]


async def test_a_key_makes_one_invitation(house: House) -> None:
    ada = house.person("ada")
    path = f"/rooms/{(await house.room(ada))['id']}/invites"
    first, again = [
        await house.call(ada, "POST", path, {"max_uses": 5}, headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len((await house.done(ada, "GET", path))["items"]) == 1


async def test_a_code_is_of_one_room_and_for_so_many(house: House) -> None:
    """S049: what is wrong with a code is not told."""
    ada, bob, eve = [house.person(name) for name in ("ada", "bob", "eve")]
    paths = [f"/rooms/{(await house.room(ada, kind='private'))['id']}" for _ in range(2)]
    code = (await house.done(ada, "POST", f"{paths[0]}/invites", {"max_uses": 1}))["code"]
    of_another_room = await house.call(eve, "POST", f"{paths[1]}/join", {"invite": code})
    await house.done(bob, "POST", f"{paths[0]}/join", {"invite": code})
    used_up = await house.call(eve, "POST", f"{paths[0]}/join", {"invite": code})
    made_up = await house.call(eve, "POST", f"{paths[0]}/join", {"invite": "a" * len(code)})
    for answer in (of_another_room, used_up, made_up):
        assert code_of(answer) == (404, "not_found")
        assert answer.json()["detail"] == made_up.json()["detail"]
