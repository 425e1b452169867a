"""The HTTP interface: its contract, hostile bodies, and what it refuses."""

from typing import Any

import httpx

from services.messaging.tests.world import World, get, post, put
from shared.ids import new_id
from shared.testing.hostile_json import HOSTILE_JSON


async def test_hostile_bodies_are_refused_by_every_call(world: World, http: httpx.AsyncClient) -> None:
    anna, _, room_id = await world.pair()
    message_id = (await world.send(anna, room_id, "hi", "1"))["message_id"]
    calls = (
        ("POST", f"/rooms/{room_id}/messages"),
        ("PUT", f"/messages/{message_id}"),
        ("POST", f"/messages/{message_id}/react"),
        ("PUT", f"/rooms/{room_id}/read"),
        ("PUT", f"/scheduled/{new_id()}"),
    )
    headers = {**world.header(anna), "content-type": "application/json"}
    for index, (name, body) in enumerate(HOSTILE_JSON):
        method, path = calls[index % len(calls)]
        answer = await http.request(method, f"/api/v1{path}", headers=headers, content=body)
        assert answer.status_code in (400, 422), (name, path, answer.text)
    assert len(await world.entries(room_id)) == 3


async def test_values_beyond_their_bounds_are_refused(world: World, http: httpx.AsyncClient) -> None:
    anna, _, room_id = await world.pair()
    message_id = (await world.send(anna, room_id, "hi", "1"))["message_id"]
    path = f"/rooms/{room_id}/messages"
    bodies: tuple[dict[str, Any], ...] = (
        {"content": "x" * 4001},
        {"content": ""},
        {"content": "x", "seq": 1},
        {"content": "x", "reply_to": "nonsense"},
        {"content": "x", "attachments": [new_id()] * 11},
        {"content": "x", "client_id": ""},
        {"content": "x", "client_id": "c" * 129},
        {"content": "x", "send_at": "tomorrow"},
        {"content": "x", "send_at": 5},
        {"content": 5},
    )
    for body in bodies:
        assert (await post(http, anna, path, body)).status_code == 422, body
    for query in ("limit=0", "limit=101", "before=-1", "after=9223372036854775808", "before=1&after=1", "thread=x"):
        assert (await get(http, anna, f"{path}?{query}")).status_code == 422, query
    for seq in (-1, 2**63 - 1 + 1, 1.5, "1", None):
        status = (await put(http, anna, f"/rooms/{room_id}/read", {"seq": seq})).status_code
        assert status in (400, 422), seq
    for emoji in ("", "x", "👍👍"):
        assert (await post(http, anna, f"/messages/{message_id}/react", {"emoji": emoji})).status_code == 422, emoji
    assert (await get(http, anna, "/messages/nonsense")).status_code == 422
    assert (await post(http, anna, path, {"content": "\u200d" * 4000})).status_code == 201


async def test_history_pages_both_ways(world: World, http: httpx.AsyncClient) -> None:
    anna, ben, room_id = await world.pair()
    group = [{"by": n % 2, "room_id": room_id, "content": str(n), "client_id": str(n)} for n in range(25)]
    await world.commands([anna, ben], group)

    async def page(query: str) -> tuple[list[str], bool]:
        answer = (await get(http, anna, f"/rooms/{room_id}/messages?{query}")).json()
        return [message["content"] for message in answer["items"]], answer["has_more"]

    assert await page("limit=3") == (["22", "23", "24"], True)
    assert await page("limit=3&before=25") == (["19", "20", "21"], True)
    assert await page("limit=3&before=5") == (["0", "1"], False)
    assert await page("limit=3&after=0") == (["0", "1", "2"], True)
    assert await page("limit=3&after=24") == (["22", "23", "24"], False)
    assert await page("after=27") == ([], False)
