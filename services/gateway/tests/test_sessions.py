"""Who is let in, and how soon somebody is not any more."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from starlette.types import Receive, Scope, Send

from services.gateway import auth_log
from services.gateway.sessions import Sessions
from services.gateway.tests.conftest import World
from services.gateway.tests.world import FakeAuth, reply, settings_for
from shared.bus import Bus
from shared.clock import rfc3339, utc_now
from shared.ids import new_id
from shared.problems import Problem, Unauthorized, Unavailable
from shared.testing.nats import NatsServer


@asynccontextmanager
async def open_sessions(nats_server: NatsServer, *, wait: bool = True) -> AsyncIterator[Sessions]:
    bus = Bus("gateway", settings_for(nats_server))
    sessions = Sessions(bus)
    async with bus.connected(), sessions.running():
        if wait:
            await sessions.refresh_revocations()
        yield sessions


@pytest.fixture
async def sessions(nats_server: NatsServer, auth: FakeAuth) -> AsyncIterator[Sessions]:
    async with open_sessions(nats_server) as opened:
        yield opened


async def test_a_token_is_a_session(sessions: Sessions, auth: FakeAuth) -> None:
    user_id, session_id = new_id(), new_id()
    end = int(time.time()) + 900
    session = await sessions.authenticate(auth.token(user_id, session_id, "admin", exp=end))
    assert (session.user_id, session.session_id, session.role) == (user_id, session_id, "admin")
    assert session.expires_at == end


async def test_many_first_tokens_at_once_are_all_let_in(sessions: Sessions, auth: FakeAuth) -> None:
    found = await asyncio.gather(*(sessions.authenticate(auth.token(new_id())) for _ in range(50)))
    assert len(found) == 50
    assert auth.asked.count("jwks") == 1


@pytest.mark.parametrize("tell", [True, False])
async def test_an_ended_session_is_out_within_a_second(sessions: Sessions, auth: FakeAuth, tell: bool) -> None:
    session_id, ended = new_id(), list[str]()
    sessions.on_revoked.append(lambda session, _: ended.append(session))
    token = auth.token(new_id(), session_id)
    await sessions.authenticate(token)
    await auth.revoke(session_id, tell=tell)
    async with asyncio.timeout(1.3):
        while not ended:
            await asyncio.sleep(0.01)
    with pytest.raises(Unauthorized):
        await sessions.authenticate(token)
    await sessions.refresh_revocations()
    assert ended == [session_id], "told once, however often it was heard"


async def test_a_refresh_knows_what_was_committed_before_it(sessions: Sessions, auth: FakeAuth) -> None:
    for _ in range(20):
        session_id = new_id()
        token = auth.token(new_id(), session_id)
        await auth.revoke(session_id, tell=False)
        await asyncio.gather(*(sessions.refresh_revocations() for _ in range(5)))
        with pytest.raises(Unauthorized):
            await sessions.authenticate(token)


async def test_a_restarted_gateway_knows_what_ended_before(
    nats_server: NatsServer, auth: FakeAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth_log, "PAGE", 7)
    session_id = new_id()
    await auth.revoke(session_id, tell=False)
    for _ in range(50):
        await auth.record("user.registered", new_id(), {}, tell=False)
    async with open_sessions(nats_server, wait=False) as sessions:
        with pytest.raises(Problem) as refused:
            await sessions.authenticate(auth.token(new_id(), session_id))
        assert isinstance(refused.value, Unavailable), "not before the log is read"
        await sessions.refresh_revocations()
        with pytest.raises(Unauthorized):
            await sessions.authenticate(auth.token(new_id(), session_id))


async def test_what_is_too_old_to_matter_is_not_read(
    nats_server: NatsServer, auth: FakeAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth_log, "PAGE", 10)
    long_ago = rfc3339(utc_now() - timedelta(hours=2))
    for _ in range(300):
        await auth.record("user.registered", new_id(), {}, at=long_ago, tell=False)
    async with open_sessions(nats_server):
        assert auth.asked.count("outbox") < 6


async def test_a_restored_auth_is_read_anew(sessions: Sessions, auth: FakeAuth) -> None:
    await auth.revoke(new_id(), tell=False)
    await sessions.refresh_revocations()
    session_id = new_id()
    auth.epoch, auth.log = new_id(), []
    await auth.revoke(session_id, tell=False)
    await sessions.refresh_revocations()
    with pytest.raises(Unauthorized):
        await sessions.authenticate(auth.token(new_id(), session_id))


async def test_a_role_that_changed_counts_for_open_tokens(sessions: Sessions, auth: FakeAuth) -> None:
    user_id = new_id()
    old = auth.token(user_id, role="admin", iat=int(time.time()) - 10)
    await auth.record("user.role_changed", user_id, {"user_id": user_id, "role": "user"}, tell=False)
    await sessions.refresh_revocations()
    assert (await sessions.authenticate(old)).role == "user"
    newer = auth.token(user_id, role="moderator", iat=int(time.time()) + 2)
    assert (await sessions.authenticate(newer)).role == "moderator"


async def test_a_deleted_account_is_out(sessions: Sessions, auth: FakeAuth) -> None:
    user_id, gone = new_id(), list[str]()
    sessions.on_user_deleted.append(gone.append)
    await auth.record("user.deleted", user_id, {"user_id": user_id}, tell=False)
    await sessions.refresh_revocations()
    with pytest.raises(Unauthorized):
        await sessions.authenticate(auth.token(user_id))
    assert gone == [user_id]


async def test_an_event_that_cannot_be_read_does_not_hide_the_next(sessions: Sessions, auth: FakeAuth) -> None:
    session_id = new_id()
    await auth.record("session.revoked", session_id, {"of a newer": "version"}, tell=False)
    await auth.revoke(session_id, tell=False)
    await sessions.refresh_revocations()
    with pytest.raises(Unauthorized):
        await sessions.authenticate(auth.token(new_id(), session_id))


async def test_a_token_that_lives_too_long_is_refused(sessions: Sessions, auth: FakeAuth) -> None:
    with pytest.raises(Unauthorized):
        await sessions.authenticate(auth.token(new_id(), exp=int(time.time()) + 7200))


async def test_a_ticket_is_good_once(sessions: Sessions, auth: FakeAuth) -> None:
    session_id = new_id()
    found = {"sub": new_id(), "sid": session_id, "role": "user", "exp": int(time.time()) + 900}
    auth.tickets["t-1"] = found
    assert (await sessions.redeem_ticket("t-1")).user_id == found["sub"]
    with pytest.raises(Problem) as refused:
        await sessions.redeem_ticket("t-1")
    assert refused.value.status == 401
    auth.tickets["t-2"] = found
    await auth.revoke(session_id, tell=False)
    await sessions.refresh_revocations()
    with pytest.raises(Unauthorized):
        await sessions.redeem_ticket("t-2")


async def test_known_keys_work_while_auth_is_away(nats_server: NatsServer) -> None:
    bus = Bus("auth", settings_for(nats_server))
    async with open_sessions(nats_server, wait=False) as sessions:
        async with bus.connected():
            auth = FakeAuth(bus)
            await auth.serve()
            await sessions.refresh_revocations()
            await sessions.authenticate(auth.token(new_id()))
        assert await sessions.authenticate(auth.token(new_id()))


async def test_a_logout_is_in_force_before_its_answer(world: World) -> None:
    session_id = new_id()
    headers = world.bearer(new_id(), session_id=session_id)

    async def logout(scope: Scope, receive: Receive, send: Send) -> None:
        await world.auth.revoke(session_id, tell=False)
        await reply(send, 200, b"{}")

    world.upstream.answers["/api/v1/auth/logout"] = logout
    for _ in range(10):
        assert (await world.client.get("/api/v1/rooms", headers=headers)).status_code == 200
        assert (await world.client.post("/api/v1/auth/logout", headers=headers)).status_code == 200
        after = await world.client.get("/api/v1/rooms", headers=headers)
        assert (after.status_code, after.json()["code"]) == (401, "session_revoked")
        session_id = new_id()
        headers = world.bearer(new_id(), session_id=session_id)


async def test_the_door_stays_shut_until_auths_log_is_read(nats_server: NatsServer) -> None:
    async with open_sessions(nats_server, wait=False) as sessions:
        with pytest.raises(Unavailable):
            await sessions.ready()
