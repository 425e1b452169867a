"""Personal access tokens at the gateway: what they are good for, and how soon they are not any more."""

import time
from collections.abc import AsyncIterator

import pytest

from services.gateway import personal_tokens
from services.gateway.sessions import Sessions
from services.gateway.tests.conftest import World
from services.gateway.tests.test_sessions import open_sessions
from services.gateway.tests.world import FakeAuth
from shared.ids import new_id
from shared.problems import Forbidden, Problem, Unauthorized
from shared.testing.nats import NatsServer


@pytest.fixture
async def sessions(nats_server: NatsServer, auth: FakeAuth) -> AsyncIterator[Sessions]:
    async with open_sessions(nats_server) as opened:
        yield opened


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_scopes_by_method(world: World) -> None:
    reads, writes = (world.auth.personal_token(new_id(), scope) for scope in ("read", "write"))
    get = await world.client.get("/api/v1/rooms", headers=bearer(reads))
    assert get.status_code == 200
    for method, path, token in (
        ("POST", "/api/v1/rooms", reads),
        ("PUT", f"/api/v1/rooms/{new_id()}", reads),
        ("DELETE", f"/api/v1/rooms/{new_id()}", reads),
        ("GET", "/api/v1/rooms", writes),
    ):
        refused = await world.client.request(method, path, headers=bearer(token))
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope"), (method, path)
    assert (await world.client.post("/api/v1/rooms", headers=bearer(writes), json={})).status_code == 200
    assert len(world.upstream.seen) == 2, "what was refused reached no service"


async def test_auth_is_asked_once_and_never_told_the_token(sessions: Sessions, auth: FakeAuth) -> None:
    token = auth.personal_token(new_id(), "read", "write")
    for _ in range(5):
        await sessions.authenticate(token)
    assert auth.asked.count("recognise") == 1


async def test_only_the_scope_admin_brings_the_role_along(sessions: Sessions, auth: FakeAuth) -> None:
    user_id = new_id()
    plain = auth.personal_token(user_id, "read", "write", role="admin")
    whole = auth.personal_token(user_id, "read", "write", "admin", role="admin")
    assert (await sessions.authenticate(plain)).role == "user"
    assert (await sessions.authenticate(whole)).role == "admin"
    await auth.record("user.role_changed", user_id, {"user_id": user_id, "role": "moderator"}, tell=False)
    await sessions.refresh_revocations()
    session = await sessions.authenticate(plain)
    assert (session.role, session.acting("moderator")) == ("user", "user"), "on a socket that is open as well"
    session = await sessions.authenticate(whole)
    assert (session.role, session.acting("admin")) == ("moderator", "admin")


@pytest.mark.parametrize("scopes", [("read",), ("write",), ("admin",)])
async def test_a_socket_takes_a_token_that_reads_and_writes(
    sessions: Sessions, auth: FakeAuth, scopes: tuple[str, ...]
) -> None:
    with pytest.raises(Forbidden):
        await sessions.authenticate(auth.personal_token(new_id(), *scopes))


async def test_a_revoked_one_is_out_although_it_is_remembered(sessions: Sessions, auth: FakeAuth) -> None:
    token_id = new_id()
    token = auth.personal_token(new_id(), "read", "write", sid=token_id)
    assert (await sessions.authenticate(token)).session_id == token_id
    await auth.revoke(token_id, tell=False)
    await sessions.refresh_revocations()
    with pytest.raises(Unauthorized):
        await sessions.authenticate(token)


async def test_a_remembered_one_still_expires_and_is_asked_for_again(
    sessions: Sessions, auth: FakeAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = auth.personal_token(new_id(), "read", "write", exp=int(time.time()) + 100)
    long = auth.personal_token(new_id(), "read", "write", exp=int(time.time()) + 9_000)
    for token in (short, long):
        await sessions.authenticate(token)
    late = time.time() + personal_tokens.FRESH_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: late)
    with pytest.raises(Unauthorized, match="expired"):
        await sessions.authenticate(short)
    auth.personal.clear()
    with pytest.raises(Problem) as refused:
        await sessions.authenticate(long)
    assert refused.value.status == 401


@pytest.mark.parametrize("token", ["parley_", "parley_unknown", "parley_é", "parley_" + "x" * 200])
async def test_a_made_up_one_is_401(sessions: Sessions, token: str) -> None:
    with pytest.raises(Problem) as refused:
        await sessions.authenticate(token)
    assert refused.value.status == 401


async def test_an_open_route_does_not_mind_a_token_that_is_not_good_for_it(world: World) -> None:
    token = world.auth.personal_token(new_id(), "read")
    answer = await world.client.post("/api/v1/auth/refresh", headers=bearer(token), json={})
    assert answer.status_code == 200
