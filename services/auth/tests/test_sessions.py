"""Logging out, sessions and tickets."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from services.auth.actions import start_session
from services.auth.models import tickets
from services.auth.store.sessions import of_user
from services.auth.sweeper import sweep
from services.auth.tests.world import World, code
from shared.database import ReadSession, WriteSession
from shared.ids import new_id
from shared.problems import Problem


async def test_logging_out_ends_this_session_and_says_so(world: World) -> None:
    ada = await world.person("ada")
    other = await ada.again()
    assert (await ada.call("POST", "/auth/logout")).status_code == 204
    assert code(await ada.call("GET", "/users/me")) == (401, "session_revoked")
    assert code(await world.refresh(ada.refresh_token)) == (401, "session_revoked")
    assert (await other.call("GET", "/users/me")).status_code == 200
    assert (await ada.call("POST", "/auth/logout")).status_code == 204, "whether it had ended or not"
    assert await world.told_of("session.revoked") == [{"session_id": ada.session_id, "user_id": ada.id}]


async def test_logging_out_everywhere_ends_all_of_mine_and_nobody_elses(world: World) -> None:
    ada, bob = await world.person("ada"), await world.person("bob")
    ids = {ada.session_id, (await ada.again()).session_id, (await ada.again()).session_id}
    assert (await ada.call("POST", "/auth/logout-all")).status_code == 204
    assert {told["session_id"] for told in await world.told_of("session.revoked")} == ids
    assert await world.db.read(of_user, ada.id) == []
    assert (await bob.call("GET", "/users/me")).status_code == 200
    assert code(await ada.call("POST", "/auth/logout-all")) == (401, "session_revoked")


async def test_sessions_are_listed_newest_first_and_ended_one_by_one(world: World) -> None:
    ada, bob = await world.person("ada"), await world.person("bob")
    answer = await world.sent_login("ada", headers={"User-Agent": "a\tclient " + "x" * 300})
    assert answer.status_code == 200
    first = (await ada.call("GET", "/auth/sessions", params={"limit": 1})).json()
    second = (await ada.call("GET", "/auth/sessions", params={"limit": 1, "cursor": first["next_cursor"]})).json()
    (newest,), (mine,) = first["items"], second["items"]
    assert second["next_cursor"] is None
    assert newest["user_agent"].startswith("aclient xxx") and len(newest["user_agent"]) <= 256
    assert (mine["id"], mine["current"], newest["current"]) == (ada.session_id, True, False)
    assert set(mine) == {"id", "created_at", "last_used_at", "user_agent", "ip", "current"}
    assert mine["ip"] == "192.0.2.1"
    assert code(await bob.call("DELETE", f"/auth/sessions/{newest['id']}")) == (404, "not_found")
    assert (await ada.call("DELETE", f"/auth/sessions/{newest['id']}")).status_code == 204
    assert code(await ada.call("DELETE", f"/auth/sessions/{newest['id']}")) == (404, "not_found")
    assert (await ada.call("DELETE", "/auth/sessions/1")).status_code == 422
    assert await world.told_of("session.revoked") == [{"session_id": newest["id"], "user_id": ada.id}]


async def test_a_page_of_one_list_is_none_of_another(light: World) -> None:
    ada, bob = await light.person("ada"), await light.person("bob")
    await ada.again()
    cursor = (await ada.call("GET", "/auth/sessions", params={"limit": 1})).json()["next_cursor"]
    assert code(await ada.call("GET", "/auth/tokens", params={"cursor": cursor})) == (400, "invalid_cursor")
    flipped = ("A" if cursor[5] != "A" else "B").join((cursor[:5], cursor[6:]))
    assert code(await ada.call("GET", "/auth/sessions", params={"cursor": flipped})) == (400, "invalid_cursor")
    theirs = await bob.call("GET", "/auth/sessions", params={"cursor": cursor})
    assert all(item["id"] != ada.session_id for item in theirs.json()["items"])


async def test_the_oldest_session_gives_way(light: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start_session, "MOST_SESSIONS", 3)
    people = [await light.person("ada")]
    people += [await people[0].again() for _ in range(3)]
    assert await light.db.read(of_user, people[0].id) == [person.session_id for person in people[1:]]
    assert [told["session_id"] for told in await light.told_of("session.revoked")] == [people[0].session_id]


async def test_a_ticket_is_good_once_and_for_the_session_that_asked(world: World) -> None:
    ada = await world.person("ada", role="moderator")
    made = await ada.call("POST", "/auth/ws-ticket")
    assert made.status_code == 201 and made.headers["cache-control"] == "no-store"
    ticket = made.json()["ticket"]
    assert "." not in ticket and set(made.json()) == {"ticket", "expires_at"}
    tries = await asyncio.gather(*(redeemed(world, ticket) for _ in range(10)))
    (admission,) = [found for found in tries if found is not None]
    assert (admission["sub"], admission["sid"], admission["role"]) == (ada.id, ada.session_id, "moderator")
    assert ticket not in str(await world.db.read(_stored))


async def test_a_ticket_ends_after_thirty_seconds_and_with_its_session(world: World) -> None:
    ada = await world.person("ada")
    late, orphan = [(await ada.call("POST", "/auth/ws-ticket")).json()["ticket"] for _ in range(2)]
    await world.db.write(_age, timedelta(seconds=31))
    assert await redeemed(world, late) is None
    await world.db.write(_age, timedelta(seconds=-31))
    await ada.call("POST", "/auth/logout")
    assert await redeemed(world, orphan) is None
    assert await redeemed(world, "") is None
    assert code(await ada.call("POST", "/auth/ws-ticket")) == (401, "session_revoked")


async def test_what_has_expired_is_swept(world: World) -> None:
    ada = await world.person("ada")
    await ada.call("POST", "/auth/ws-ticket")
    await world.db.write(_age, timedelta(minutes=1))
    await world.db.write(sweep)
    assert await world.db.read(_stored) == []
    assert (await ada.call("GET", "/users/me")).status_code == 200


async def test_a_session_that_never_was_is_none(light: World) -> None:
    ada, bob = await light.person("ada"), await light.person("bob")
    for session_id in (new_id(), bob.session_id):
        ada.claims["sid"] = session_id
        assert code(await ada.call("GET", "/users/me")) == (401, "session_revoked")


async def redeemed(world: World, ticket: str) -> dict[str, object] | None:
    """Whom the ticket lets in, as the gateway is told; None when nobody."""
    try:
        return dict(await world.bus.request("rpc.auth.tickets.redeem", {"ticket": ticket}))
    except Problem as problem:
        assert problem.status == 401
        return None


def _age(tx: WriteSession, by: timedelta) -> None:
    for digest, end in tx.execute(select(tickets.c.digest, tickets.c.expires_at)).all():
        tx.execute(update(tickets).where(tickets.c.digest == digest).values(expires_at=end - by))


def _stored(tx: ReadSession) -> list[object]:
    return list(tx.execute(select(tickets)))
