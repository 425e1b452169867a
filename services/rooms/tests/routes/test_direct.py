import asyncio

from services.rooms.tests.house import House, code_of
from shared.ids import new_id


async def test_one_room_for_two_however_many_ask_at_once(house: House) -> None:
    ada, bob = house.person("ada"), house.person("bob")
    calls = (house.call(one, "POST", f"/dms/{other.user_id}") for one, other in [(ada, bob), (bob, ada)] * 5)
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} == {200}
    [room_id] = {answer.json()["id"] for answer in answers}
    assert house.near.messaging.types() == ["room.created"]
    for one, other in ((ada, bob), (bob, ada)):
        [room] = (await house.done(one, "GET", "/dms"))["items"]
        assert (room["id"], room["kind"], room["owner_id"], room["member_count"]) == (room_id, "direct", None, 2)
        assert room["with"] == house.near.auth.people[other.user_id]
    assert (await house.done(house.person("eve"), "GET", "/dms"))["items"] == []


async def test_nobody_to_talk_to(house: House) -> None:
    ada = house.person("ada")
    for user_id in (ada.user_id, new_id()):
        assert code_of(await house.call(ada, "POST", f"/dms/{user_id}")) == (404, "not_found")
    assert code_of(await house.call(ada, "POST", "/dms/me")) == (422, "invalid")


async def test_a_block_that_is_not_heard_of_yet_is_obeyed(house: House) -> None:
    ada, bob = house.person("ada"), house.person("bob")
    news = {"user_id": ada.user_id, "blocked_id": bob.user_id}
    house.near.auth.record("user.blocked", ada.user_id, news)
    assert code_of(await house.call(bob, "POST", f"/dms/{ada.user_id}")) == (403, "blocked")
    assert code_of(await house.call(ada, "POST", f"/dms/{bob.user_id}")) == (403, "blocked")
    room = await house.room(bob)
    refused = await house.call(bob, "POST", f"/rooms/{room['id']}/invites", {"user_id": ada.user_id})
    assert code_of(refused) == (403, "blocked")
    house.near.auth.record("user.unblocked", ada.user_id, news)
    assert (await house.call(bob, "POST", f"/dms/{ada.user_id}")).status_code == 200


async def test_a_conversation_is_kept_as_it_is(house: House) -> None:
    ada, bob, eve = [house.person(name) for name in ("ada", "bob", "eve")]
    path = f"/rooms/{(await house.done(ada, 'POST', f'/dms/{bob.user_id}'))['id']}"
    for method, rest, body in (
        ("PUT", "", {"name": "Ours"}),
        ("DELETE", "", None),
        ("POST", "/leave", None),
        ("POST", "/invites", {}),
        ("DELETE", f"/members/{bob.user_id}", None),
        ("PUT", f"/members/{bob.user_id}", {"role": "owner"}),
    ):
        assert code_of(await house.call(ada, method, path + rest, body)) == (403, "direct_room")
        assert code_of(await house.call(eve, method, path + rest, body)) == (404, "not_found")


async def test_pages_of_conversations(house: House) -> None:
    ada = house.person("ada")
    rooms = [await house.done(ada, "POST", f"/dms/{house.person(f'p{number}').user_id}") for number in range(3)]
    first = await house.done(ada, "GET", "/dms", limit=2)
    rest = await house.done(ada, "GET", "/dms", limit=2, cursor=first["next_cursor"])
    assert first["items"] + rest["items"] == rooms[::-1]
