"""Personal access tokens: shown once, good for what they say, gone when revoked."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from services.auth.actions import personal_tokens
from services.auth.models import metadata, tokens
from services.auth.sweeper import sweep
from services.auth.tests.world import PASSWORD, Person, World, code
from services.auth.tokens import digest
from shared.database import ReadSession, WriteSession
from shared.problems import Problem

NOT_TAKEN: tuple[dict[str, object], ...] = (
    {"name": ""},
    {"name": "a\x1b[31m"},
    {"scopes": []},
    {"scopes": ["root"]},
    {"scopes": "read"},
    {"expires_in": 59},
    {"expires_in": 10**9},
    {"token": "parley_mine"},
    {"user_id": "x"},
)


async def test_a_token_is_shown_once_and_kept_as_a_digest(world: World) -> None:
    ada = await world.person("ada")
    wish = {"name": " CI robot ", "scopes": ["write", "read", "read"], "expires_in": 3600}
    made = await ada.call("POST", "/auth/tokens", json=wish)
    assert made.status_code == 201 and made.headers["cache-control"] == "no-store"
    issued = made.json()
    token = issued.pop("token")
    assert token.startswith("parley_") and len(token) == 50
    assert (issued["name"], issued["scopes"], issued["last_used_at"]) == ("CI robot", ["read", "write"], None)
    assert (await ada.call("GET", "/auth/tokens")).json() == {"items": [issued], "next_cursor": None}
    assert token not in await world.db.read(_everything)


async def test_the_gateway_learns_what_it_is_good_for(world: World) -> None:
    ada = await world.person("ada", role="moderator")
    issued = await issue(ada, "read", "admin")
    said = await recognised(world, issued["token"])
    assert said is not None
    assert (said["sub"], said["sid"], said["role"]) == (ada.id, issued["id"], "moderator")
    assert said["scopes"] == ["admin", "read"] and isinstance(said["exp"], int)
    (listed,) = (await ada.call("GET", "/auth/tokens")).json()["items"]
    assert listed["last_used_at"] is not None
    for unknown in ("parley_x", "", issued["id"]):
        assert await recognised(world, unknown) is None


async def test_it_acts_as_its_owner_but_not_to_make_itself_stronger(world: World) -> None:
    ada = await world.person("ada")
    robot = as_robot(ada, (await issue(ada, "read", "write", "admin"))["id"])
    assert (await robot.call("GET", "/users/me")).json() == ada.me
    assert (await robot.call("PUT", "/users/me", json={"bio": "by robot"})).json()["bio"] == "by robot"
    for method, path, body in (
        ("POST", "/auth/tokens", {"name": "more", "scopes": ["admin"]}),
        ("GET", "/auth/tokens", None),
        ("DELETE", f"/auth/tokens/{robot.session_id}", None),
        ("GET", "/auth/sessions", None),
        ("DELETE", f"/auth/sessions/{ada.session_id}", None),
        ("POST", "/auth/logout", None),
        ("POST", "/auth/logout-all", None),
        ("POST", "/auth/ws-ticket", None),
        ("PUT", "/auth/password", {"current_password": PASSWORD, "new_password": "another fine one"}),
        ("DELETE", "/users/me", {"password": PASSWORD}),
        ("GET", "/users/me/export", None),
    ):
        refused = await robot.call(method, path, json=body) if body else await robot.call(method, path)
        assert code(refused) == (403, "login_required"), (method, path)
    assert (await ada.call("GET", "/users/me")).status_code == 200


async def test_without_the_scope_admin_the_role_stays_at_home(light: World) -> None:
    root, ada = await light.person("root", role="admin"), await light.person("ada")
    robot = as_robot(root, (await issue(root, "read", "write"))["id"], role="user")
    assert code(await robot.call("PUT", f"/users/{ada.id}/role", json={"role": "admin"})) == (403, "forbidden")
    assert code(await robot.call("POST", f"/users/{ada.id}/ban")) == (403, "forbidden")
    assert code(await robot.call("POST", "/auth/invites")) == (403, "forbidden")
    assert (await robot.call("GET", "/users/me")).json()["role"] == "admin", "what it is, not what it does"


async def test_a_revoked_token_ends_like_a_session(world: World) -> None:
    ada, bob = await world.person("ada"), await world.person("bob")
    issued = await issue(ada, "read")
    robot = as_robot(ada, issued["id"])
    assert code(await bob.call("DELETE", f"/auth/tokens/{issued['id']}")) == (404, "not_found")
    assert (await ada.call("DELETE", f"/auth/tokens/{issued['id']}")).status_code == 204
    assert code(await ada.call("DELETE", f"/auth/tokens/{issued['id']}")) == (404, "not_found")
    assert await world.told_of("session.revoked") == [{"session_id": issued["id"], "user_id": ada.id}]
    assert await recognised(world, issued["token"]) is None
    assert code(await robot.call("GET", "/users/me")) == (401, "session_revoked")


async def test_a_token_ends_when_its_time_is_over(world: World) -> None:
    ada = await world.person("ada")
    issued = await issue(ada, "read")
    await world.db.write(_age, timedelta(days=91))
    assert await recognised(world, issued["token"]) is None
    assert (await ada.call("GET", "/auth/tokens")).json()["items"] == []
    await world.db.write(sweep)
    assert "parley" not in repr(await world.db.read(_rows)) and await world.db.read(_rows) == []


async def test_a_password_change_leaves_tokens_alone(light: World) -> None:
    ada = await light.person("ada")
    issued = await issue(ada, "read")
    change = {"current_password": PASSWORD, "new_password": "an even finer password"}
    assert (await ada.call("PUT", "/auth/password", json=change)).status_code == 204
    assert await recognised(light, issued["token"]) is not None


async def test_there_is_an_end_to_them(light: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(personal_tokens, "MOST_TOKENS", 3)
    ada = await light.person("ada")
    wish = {"name": "robot", "scopes": ["read"]}
    answers = await asyncio.gather(*(ada.call("POST", "/auth/tokens", json=wish) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 3


async def test_what_a_token_is_not(light: World) -> None:
    ada = await light.person("ada")
    for change in NOT_TAKEN:
        wish = {"name": "robot", "scopes": ["read"], **change}
        assert code(await ada.call("POST", "/auth/tokens", json=wish)) == (422, "invalid"), change


async def issue(person: Person, *scopes: str) -> dict[str, str]:
    """A new token of this person."""
    made = await person.call("POST", "/auth/tokens", json={"name": "robot", "scopes": scopes})
    assert made.status_code == 201, made.text
    return dict(made.json())


async def recognised(world: World, token: str) -> dict[str, object] | None:
    """What the gateway is told of this token; None when it is nobody's."""
    try:
        return dict(await world.bus.request("rpc.auth.tokens.recognise", {"digest": digest(token)}))
    except Problem as problem:
        assert problem.status == 401
        return None


def as_robot(person: Person, token_id: str, role: str | None = None) -> Person:
    """The person as the gateway vouches for who comes with this token."""
    robot = Person(person.world, person.me, person.tokens)
    robot.claims |= {"sid": token_id, "role": role or person.claims["role"]}
    return robot


def _age(tx: WriteSession, by: timedelta) -> None:
    (end,) = tx.execute(select(tokens.c.expires_at)).scalars()
    tx.execute(update(tokens).values(expires_at=end - by))


def _rows(tx: ReadSession) -> list[object]:
    return list(tx.execute(select(tokens)))


def _everything(tx: ReadSession) -> str:
    return repr([list(tx.execute(select(table))) for table in metadata.sorted_tables])
