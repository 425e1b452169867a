import asyncio

from services.rooms.tests.house import House, code_of


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


async def test_a_key_makes_one_invitation(house: House) -> None:
    ada = house.person("ada")
    path = f"/rooms/{(await house.room(ada))['id']}/invites"
    first, again = [
        await house.call(ada, "POST", path, {"max_uses": 5}, headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len((await house.done(ada, "GET", path))["items"]) == 1
