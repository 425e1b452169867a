"""Calls through a gateway: what reaches a service, what comes back, and who is let in."""

import httpx
import orjson
import pytest
from starlette.types import Receive, Scope, Send

from services.gateway.tests.conftest import Start, World
from services.gateway.tests.world import SECRETS, reply
from shared.caller import Anonymous, CallerVerifier
from shared.ids import new_id


async def test_a_call_reaches_its_service_in_the_callers_name(world: World) -> None:
    user_id, session_id = new_id(), new_id()
    headers = world.bearer(user_id, session_id=session_id, role="moderator") | {"X-Request-ID": "abc-123"}
    answer = await world.client.put("/api/v1/users/me?x=1&y=%20a", headers=headers, json={"bio": "hi"})
    assert answer.status_code == 200
    assert answer.headers["X-Request-ID"] == "abc-123"
    heard = answer.json()
    assert (heard["method"], heard["target"]) == ("PUT", "/api/v1/users/me?x=1&y=%20a")
    assert world.upstream.seen[0]["body"] == b'{"bio":"hi"}'
    assert heard["headers"]["x-request-id"] == "abc-123"
    caller = CallerVerifier("auth", SECRETS["auth"]).verify(heard["headers"]["parley-caller"])
    assert not isinstance(caller, Anonymous)
    assert (caller.user_id, caller.session_id, caller.role) == (user_id, session_id, "moderator")
    assert caller.ip == "127.0.0.1"


async def test_an_open_call_is_made_in_nobodys_name(world: World) -> None:
    answer = await world.client.post("/api/v1/auth/register", json={"username": "ada"})
    token = answer.json()["headers"]["parley-caller"]
    assert CallerVerifier("auth", SECRETS["auth"]).verify(token) == Anonymous("127.0.0.1")


async def test_nothing_a_client_says_is_taken_for_the_gateways_word(world: World) -> None:
    forged = {
        "Parley-Caller": "forged",
        "parley_caller": "forged",
        "X-User-Id": "root",
        "X-User-Role": "admin",
        "X-Internal-Call": "1",
        "X-Original-URL": "/api/v1/users/me",
        "X-HTTP-Method-Override": "DELETE",
        "X-Forwarded-For": "10.0.0.1",
        "Forwarded": "for=10.0.0.1",
        "Cookie": "a=b",
        "Connection": "keep-alive, Parley-Caller",
        "TE": "trailers",
        "Proxy-Authorization": "Basic eDp5",
    }
    answer = await world.client.get("/api/v1/users/me", headers=world.bearer() | forged)
    heard = answer.json()
    caller = CallerVerifier("auth", SECRETS["auth"]).verify(heard["headers"].pop("parley-caller"))
    assert caller.ip == "127.0.0.1"
    assert heard["method"] == "GET"
    assert set(heard["headers"]) == {"host", "user-agent", "accept", "x-request-id"}


async def test_an_answer_comes_back_without_what_is_the_hops(world: World) -> None:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        hop = [(b"server", b"inner/1.0"), (b"connection", b"x-secret"), (b"x-secret", b"1"), (b"parley-note", b"1")]
        kept = [(b"etag", b'"1"'), (b"retry-after", b"7"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
        await reply(send, 429, b'{"code":"slow_mode"}', *hop, *kept, (b"access-control-allow-origin", b"*"))

    world.upstream.answers["/api/v1/rooms"] = answer
    got = await world.client.post("/api/v1/rooms", headers=world.bearer(), json={})
    assert (got.status_code, got.json()) == (429, {"code": "slow_mode"})
    assert (got.headers["etag"], got.headers["retry-after"]) == ('"1"', "7")
    assert got.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert not {"server", "x-secret", "parley-note", "access-control-allow-origin"} & set(got.headers)
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["cache-control"] == "no-store"


async def test_an_answer_without_content_stays_without(world: World) -> None:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    world.upstream.answers["/api/v1/auth/logout"] = answer
    got = await world.client.post("/api/v1/auth/logout", headers=world.bearer())
    assert (got.status_code, got.content) == (204, b"")
    assert "content-length" not in got.headers


@pytest.mark.parametrize(
    "path",
    ["/api/v1/nothing", "/api/v1/", "/api/v1/rooms/", "/api/v1//rooms", "/api/v1/rooms/..", "/api/v1/messages/a%2Fb"],
)
async def test_what_is_not_in_the_table_is_not_there(world: World, path: str) -> None:
    answer = await world.client.get(httpx.URL(world.url + path), headers=world.bearer())
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]
    assert world.upstream.seen == []


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "TRACE"])
async def test_a_known_path_names_the_methods_it_takes(world: World, method: str) -> None:
    answer = await world.client.request(method, "/api/v1/rooms", headers=world.bearer())
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST")


async def test_only_a_token_in_the_header_opens_the_door(world: World) -> None:
    token = world.auth.token(new_id())
    refused = [
        await world.client.get("/api/v1/rooms"),
        await world.client.get("/api/v1/rooms", params={"token": token, "access_token": token}),
        await world.client.get("/api/v1/rooms", headers={"Authorization": f"Basic {token}"}),
        await world.client.get("/api/v1/rooms", headers={"Authorization": f"Bearer {token}="}),
        await world.client.get("/api/v1/rooms", headers={"Authorization": "Bearer " + "a" * 5000}),
    ]
    for answer in refused:
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    twice = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]
    assert (await world.client.get("/api/v1/rooms", headers=twice)).status_code == 400
    assert world.upstream.seen == []
    assert (await world.client.get("/api/v1/rooms", headers={"Authorization": f"bearer {token}"})).status_code == 200


async def test_an_old_token_does_not_keep_anybody_from_logging_in(world: World) -> None:
    headers = {"Authorization": "Bearer old.and.worn"}
    assert (await world.client.post("/api/v1/auth/login", headers=headers, json={})).status_code == 200


async def test_the_keys_are_where_the_world_looks_for_them(world: World) -> None:
    for path in ("/.well-known/jwks.json", "/api/v1/.well-known/jwks.json"):
        answer = await world.client.get(path)
        assert answer.json()["target"] == "/api/v1/.well-known/jwks.json"


async def test_a_service_may_answer_404_as_it_likes(world: World) -> None:
    problem = orjson.dumps({"status": 404, "code": "not_found"})

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"application/problem+json")]}
        )
        await send({"type": "http.response.body", "body": problem})

    room_id = new_id()
    world.upstream.answers[f"/api/v1/rooms/{room_id}"] = answer
    got = await world.client.get(f"/api/v1/rooms/{room_id}", headers=world.bearer())
    assert (got.status_code, got.content) == (404, problem)
    assert got.headers["content-type"] == "application/problem+json"


async def test_a_trusted_proxy_says_where_a_client_is(start: Start) -> None:
    async with start(parley_trusted_proxies="127.0.0.1") as world:
        said = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
        answer = await world.client.get("/api/v1/users/me", headers=world.bearer() | said)
    caller = CallerVerifier("auth", SECRETS["auth"]).verify(answer.json()["headers"]["parley-caller"])
    assert caller.ip == "203.0.113.9"
    assert answer.headers["strict-transport-security"].startswith("max-age=")
