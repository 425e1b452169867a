"""The main job: two people talk, and what they said is there."""

import asyncio

from tests.system.person import Person, register


async def two_in_a_room(base: str) -> tuple[Person, Person, str]:
    anna, ben = await asyncio.gather(register(base, "anna"), register(base, "ben"))
    room = await anna.create_room()
    await ben.join(room)
    return anna, ben, room["id"]


async def test_what_one_says_the_other_sees_and_history_keeps(base: str) -> None:
    anna, ben, room_id = await two_in_a_room(base)
    async with anna.socket(f"/ws/{room_id}") as hers, ben.socket(f"/ws/{room_id}") as his:
        ready = await hers.next()
        assert ready["type"] == "ready" and ready["seq"] == 2 and ready["resumed"] is False
        assert ready["user"]["id"] == anna.id and ready["user"]["role"] == "user"
        assert ready["room"]["id"] == room_id and ready["room"]["my_role"] == "owner"
        assert ready["room"]["member_count"] == 2 and anna.id in ready["online"]
        assert (await his.next())["type"] == "ready"
        await hers.send(type="message.send", client_id="c1", content="hello, Ben")
        ack = await hers.until("ack")
        assert (ack["client_id"], ack["seq"]) == ("c1", 3)
        created = await his.until("message.created")
        message = created["message"]
        assert (created["seq"], message["content"], message["id"]) == (3, "hello, Ben", ack["message_id"])
        assert message["author"] == {
            "id": anna.id,
            "username": anna.username,
            "display_name": anna.username,
            "avatar_url": None,
        }
        assert message["client_id"] == "c1" and message["kind"] == "text" and message["room_id"] == room_id
        await his.send(type="message.send", client_id="c1", content="hello, Anna")
        assert (await hers.until("message.created", lambda frame: frame["seq"] == 4))["message"]["author"][
            "id"
        ] == ben.id
    history = await ben.history(room_id)
    assert [(one["seq"], one["content"]) for one in history] == [(3, "hello, Ben"), (4, "hello, Anna")]
    assert history[0] == message


async def test_a_retry_is_the_same_message(base: str) -> None:
    anna, _, room_id = await two_in_a_room(base)
    first = await anna.call("POST", f"/rooms/{room_id}/messages", 201, json={"content": "once", "client_id": "k"})
    again = await anna.call("POST", f"/rooms/{room_id}/messages", 200, json={"content": "other", "client_id": "k"})
    assert again == first
    async with anna.socket(f"/ws/{room_id}") as hers:
        await hers.next()
        await hers.send(type="message.send", client_id="k", content="and once more")
        ack = await hers.until("ack")
    assert (ack["seq"], ack["message_id"]) == (first["seq"], first["id"])
    assert [one["content"] for one in await anna.history(room_id)] == ["once"]


async def test_everybody_sees_one_order_without_gaps(base: str) -> None:
    anna, ben, room_id = await two_in_a_room(base)
    count = 60
    async with anna.socket(f"/ws/{room_id}") as hers, ben.socket(f"/ws/{room_id}") as his:
        await asyncio.gather(hers.next(), his.next())
        for number in range(count):
            for socket in (hers, his):
                await socket.send(type="message.send", client_id=f"n{number}", content=f"number {number}")
        last = 2 + 2 * count
        await asyncio.gather(
            *(socket.until("message.created", lambda frame: frame["seq"] == last) for socket in (hers, his))
        )
        assert hers.numbers(room_id) == his.numbers(room_id) == list(range(3, last + 1))
    by_author: dict[str, list[str]] = {}
    for one in await anna.history(room_id):
        by_author.setdefault(one["author"]["id"], []).append(one["content"])
    said = [f"number {number}" for number in range(count)]
    assert by_author == {anna.id: said, ben.id: said}


async def test_joining_and_leaving_are_entries_of_the_same_order(base: str) -> None:
    anna, ben, room_id = await two_in_a_room(base)
    carl = await register(base, "carl")
    async with anna.socket(f"/ws/{room_id}") as hers:
        await hers.next()
        await carl.join({"id": room_id})
        joined = await hers.until("member.joined")
        assert (joined["seq"], joined["user_id"]) == (3, carl.id)
        await ben.call("POST", f"/rooms/{room_id}/leave", 204)
        left = await hers.until("member.left")
        assert (left["seq"], left["user_id"]) == (4, ben.id)
        await ben.call("POST", f"/rooms/{room_id}/messages", 403, json={"content": "still here?"})


async def test_a_page_of_history_goes_both_ways(base: str) -> None:
    anna, _, room_id = await two_in_a_room(base)
    for number in range(7):
        await anna.call("POST", f"/rooms/{room_id}/messages", 201, json={"content": str(number)})

    async def page(**params: int) -> tuple[list[str], bool]:
        answer = await anna.call("GET", f"/rooms/{room_id}/messages", params=params)
        return [one["content"] for one in answer["items"]], answer["has_more"]

    assert await page(limit=3) == (["4", "5", "6"], True)
    assert await page(limit=3, before=7) == (["1", "2", "3"], True)
    assert await page(limit=3, before=5) == (["0", "1"], False)
    assert await page(limit=4, after=0) == (["0", "1", "2", "3"], True)
    assert await page(limit=4, after=6) == (["4", "5", "6"], False)
    await anna.call("GET", f"/rooms/{room_id}/messages", 422, params={"limit": 101})


async def test_a_direct_room_is_opened_by_naming_the_other(base: str) -> None:
    anna, ben = await asyncio.gather(register(base, "anna"), register(base, "ben"))
    async with anna.socket(f"/ws/dm/{ben.id}") as hers, ben.socket(f"/ws/dm/{anna.id}") as his:
        ready = await hers.next()
        assert ready["room"]["kind"] == "direct"
        assert (await his.next())["room_id"] == ready["room_id"]
        await hers.send(type="message.send", client_id="c", content="just us")
        assert (await his.until("message.created"))["message"]["content"] == "just us"


async def test_one_socket_sees_many_rooms(base: str) -> None:
    anna, ben, first = await two_in_a_room(base)
    second = (await anna.create_room())["id"]
    async with anna.socket("/ws") as hers:
        for room_id in (first, second):
            await hers.send(type="subscribe", room_id=room_id)
            assert (await hers.until("ready"))["room_id"] == room_id
        await ben.call("POST", f"/rooms/{first}/messages", 201, json={"content": "one"})
        assert (await hers.until("message.created"))["room_id"] == first
        await hers.send(type="message.send", room_id=second, client_id="c", content="two")
        assert (await hers.until("message.created"))["room_id"] == second
        await hers.send(type="unsubscribe", room_id=first)
        await hers.send(type="message.send", room_id=first, client_id="d", content="not any more")
        assert (await hers.until("error"))["code"] == "not_subscribed"
        await hers.send(type="message.send", client_id="e", content="where?")
        assert (await hers.until("error"))["code"] == "bad_frame"
