"""The calls that the gateway answers itself."""

import orjson
from starlette.types import Receive, Scope, Send

from services.gateway.tests.conftest import World
from services.gateway.tests.world import reply
from shared.ids import new_id


def room_answers(world: World, room_id: str, my_role: str | None) -> None:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await reply(send, 200, orjson.dumps({"id": room_id, "my_role": my_role}))

    world.upstream.answers[f"/api/v1/rooms/{room_id}"] = answer


async def test_members_see_who_is_here(world: World) -> None:
    room_id = new_id()
    room_answers(world, room_id, "member")
    answer = await world.client.get(f"/api/v1/rooms/{room_id}/presence", headers=world.bearer())
    assert (answer.status_code, answer.json()) == (200, {"online": []})


async def test_others_do_not(world: World) -> None:
    room_id, hidden = new_id(), new_id()
    room_answers(world, room_id, None)

    async def not_there(scope: Scope, receive: Receive, send: Send) -> None:
        await reply(send, 404, b'{"code":"not_found","detail":"No such room."}')

    world.upstream.answers[f"/api/v1/rooms/{hidden}"] = not_there
    refused = await world.client.get(f"/api/v1/rooms/{room_id}/presence", headers=world.bearer())
    assert (refused.status_code, refused.json()["code"]) == (403, "not_a_member")
    refused = await world.client.get(f"/api/v1/rooms/{hidden}/presence", headers=world.bearer())
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert (await world.client.get(f"/api/v1/rooms/{room_id}/presence")).status_code == 401


async def test_somebody_is_away_or_unknown(world: World) -> None:
    user_id = new_id()
    answer = await world.client.get(f"/api/v1/users/{user_id}/presence", headers=world.bearer())
    assert answer.json() == {"user_id": user_id, "status": "offline", "last_seen_at": None}
    unknown = "00000000-0000-7000-8000-000000000000"
    assert (await world.client.get(f"/api/v1/users/{unknown}/presence", headers=world.bearer())).status_code == 404


async def test_an_id_that_is_none_goes_no_further(world: World) -> None:
    for path in ("/api/v1/rooms/x%3Fa=b/presence", "/api/v1/users/me%23/presence", "/api/v1/users/nobody/presence"):
        assert (await world.client.get(path, headers=world.bearer())).status_code == 422
    assert world.upstream.seen == []
