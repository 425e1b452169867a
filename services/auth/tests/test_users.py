"""Other people: profiles, search, roles, bans from the house."""

import asyncio
from datetime import timedelta

from sqlalchemy import insert, select, text, update

from services.auth import queries
from services.auth.models import bans, users
from services.auth.tests.world import Person, World, code
from shared.database import ReadSession, WriteSession
from shared.ids import new_id


async def test_a_profile_shows_what_is_public(world: World) -> None:
    ada, bob = await world.person("ada"), await world.person("bob", display_name="Bob")
    seen = await ada.call("GET", f"/users/{bob.id}")
    assert seen.status_code == 200
    assert set(seen.json()) == {"id", "username", "display_name", "bio", "avatar_url", "role", "created_at"}
    assert code(await ada.call("GET", f"/users/{new_id()}")) == (404, "not_found")
    assert code(await ada.call("GET", "/users/1")) == (422, "invalid")
    assert code(await world.open_call("GET", f"/users/{bob.id}")) == (401, "unauthorized")


async def test_people_are_found_by_how_their_names_begin(world: World) -> None:
    ada = await world.person("ada", display_name="Ada Lovelace")
    for name, shown in (("Babbage", "Charles"), ("lord.byron", "LOVEly poet"), ("under_score", "100% Ärger")):
        await world.register(name, display_name=shown)

    async def found(q: str, **more: str) -> list[str]:
        answer = await ada.call("GET", "/users", params={"q": q, **more})
        assert answer.status_code == 200, answer.text
        return [user["username"] for user in answer.json()["items"]]

    assert await found("") == ["ada", "Babbage", "lord.byron", "under_score"]
    assert await found("BAB") == ["Babbage"]
    assert await found("love") == ["lord.byron"], "the beginning, not the middle"
    assert await found("ärg") == [] and await found("100% a\u0308r") == ["under_score"]
    for nothing in ("%", "_", "\\", "'", "a%", "zzz", "\U0010ffff"):
        assert await found(nothing) == []
    assert code(await ada.call("GET", "/users", params={"q": "x" * 65})) == (422, "invalid")


async def test_the_list_has_pages(world: World) -> None:
    ada = await world.person("ada")
    names = [f"u{number:02}" for number in range(7)]
    for name in names:
        await world.register(name)
    seen, cursor = list[str](), None
    while True:
        params = {"q": "u", "limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = (await ada.call("GET", "/users", params=params)).json()
        seen += [user["username"] for user in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == names
    for limit in ("0", "-1", "101", "9" * 5000, "x"):
        assert (await ada.call("GET", "/users", params={"limit": limit})).status_code == 422


async def test_the_search_goes_by_index(world: World) -> None:
    await world.db.write(_many_people)
    plan = await world.db.read(_plan_of_search)
    assert "users_display_key" in plan and "username_key" in plan, plan
    assert "Seq Scan on users" not in plan and "SCAN users\n" not in plan, plan


async def test_a_role_is_the_admins_to_give(world: World) -> None:
    root, ada, mod = await world.person(role="admin"), await world.person(), await world.person(role="moderator")
    for person in (ada, mod):
        refused = await person.call("PUT", f"/users/{ada.id}/role", json={"role": "admin"})
        assert code(refused) == (403, "forbidden")
    given = await root.call("PUT", f"/users/{ada.id}/role", json={"role": "moderator"})
    assert (given.status_code, given.json()["role"]) == (200, "moderator")
    same = await root.call("PUT", f"/users/{ada.id}/role", json={"role": "moderator"})
    assert same.status_code == 200
    assert await world.told_of("user.role_changed") == [{"user_id": ada.id, "role": "moderator", "by": root.id}]
    assert code(await root.call("PUT", f"/users/{new_id()}/role", json={"role": "user"})) == (404, "not_found")
    assert code(await root.call("PUT", f"/users/{ada.id}/role", json={"role": "god"})) == (422, "invalid")
    assert code(await root.call("PUT", f"/users/{root.id}/role", json={"role": "user"})) == (409, "last_admin")
    await root.call("PUT", f"/users/{ada.id}/role", json={"role": "admin"})
    assert (await root.call("PUT", f"/users/{root.id}/role", json={"role": "user"})).status_code == 200
    refused = await root.call("PUT", f"/users/{mod.id}/role", json={"role": "admin"})
    assert code(refused) == (403, "forbidden"), "S031: the token still says admin"


async def test_of_two_admins_who_step_down_at_once_one_stays(world: World) -> None:
    people = [await world.person(role="admin") for _ in range(2)]
    answers = await asyncio.gather(
        *(each.call("PUT", f"/users/{each.id}/role", json={"role": "user"}) for each in people)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a_ban_ends_everything_and_keeps_out(world: World) -> None:
    mod, ada = await world.person(role="moderator"), await world.person("ada")
    other = await ada.again()
    token = (await ada.call("POST", "/auth/tokens", json={"name": "bot", "scopes": ["read"]})).json()
    banned = await mod.call("POST", f"/users/{ada.id}/ban", json={"reason": "spam", "duration_seconds": 3600})
    assert banned.status_code == 200
    shown = banned.json()
    assert (shown["room_id"], shown["user_id"], shown["kind"], shown["reason"], shown["by"]) == (
        None,
        ada.id,
        "ban",
        "spam",
        mod.id,
    )
    assert shown["expires_at"] is not None
    ended = {told["session_id"] for told in await world.told_of("session.revoked")}
    assert ended == {ada.session_id, other.session_id, token["id"]}
    assert code(await ada.call("GET", "/users/me")) == (401, "session_revoked")
    assert code(await world.sent_login("ada")) == (403, "banned")
    assert code(await world.sent_login("ada", "wrong")) == (401, "bad_credentials"), "only who knows it is told"
    longer = await mod.call("POST", f"/users/{ada.id}/ban")
    assert longer.json()["expires_at"] is None, "the second takes the place of the first"
    assert (await mod.call("DELETE", f"/users/{ada.id}/ban")).status_code == 204
    assert (await mod.call("DELETE", f"/users/{ada.id}/ban")).status_code == 204
    await world.login("ada")


async def test_a_ban_and_its_lifting_are_told(light: World) -> None:
    mod, ada = await light.person(role="moderator"), await light.person()
    brief = (await mod.call("POST", f"/users/{ada.id}/ban", json={"reason": "spam", "duration_seconds": 60})).json()
    await mod.call("POST", f"/users/{ada.id}/ban")
    assert await light.told_of("user.banned") == [
        {"user_id": ada.id, "expires_at": brief["expires_at"], "by": mod.id, "reason": "spam"},
        {"user_id": ada.id, "expires_at": None, "by": mod.id, "reason": ""},
    ]
    for _ in range(2):
        await mod.call("DELETE", f"/users/{ada.id}/ban")
    assert await light.told_of("user.unbanned") == [{"user_id": ada.id, "by": mod.id}]


async def test_a_ban_ends_by_itself(world: World) -> None:
    mod, ada = await world.person(role="moderator"), await world.person("ada")
    await mod.call("POST", f"/users/{ada.id}/ban", json={"duration_seconds": 60})
    assert code(await world.sent_login("ada")) == (403, "banned")
    await world.db.write(_age_bans, timedelta(seconds=61))
    await world.login("ada")


async def test_nobody_bans_an_equal_or_a_superior(light: World) -> None:
    root, mod, peer, ada = [await light.person(role=role) for role in ("admin", "moderator", "moderator", "user")]

    async def tries(by: Person, whom: Person) -> tuple[int, ...]:
        answers = [await by.call(method, f"/users/{whom.id}/ban") for method in ("POST", "DELETE")]
        return tuple(answer.status_code for answer in answers)

    refused = (403, 403)
    assert await tries(ada, mod) == await tries(ada, ada) == refused
    assert await tries(mod, root) == await tries(mod, peer) == await tries(mod, mod) == refused
    assert await tries(root, root) == refused
    assert await light.told_of("session.revoked", "user.banned", "user.unbanned") == [], (
        "what is refused leaves no trace"
    )
    assert await tries(root, mod) == (200, 204)
    assert code(await root.call("POST", f"/users/{new_id()}/ban")) == (404, "not_found")


async def test_a_ban_that_is_none(light: World) -> None:
    mod, ada = await light.person(role="moderator"), await light.person()
    for body in ({"duration_seconds": 0}, {"duration_seconds": 2**40}, {"duration_seconds": "60"}, {"by": "x"}):
        assert code(await mod.call("POST", f"/users/{ada.id}/ban", json=body)) == (422, "invalid"), body


def _age_bans(tx: WriteSession, by: timedelta) -> None:
    for user_id, end in tx.execute(select(bans.c.user_id, bans.c.expires_at)).all():
        tx.execute(update(bans).where(bans.c.user_id == user_id).values(expires_at=end - by))


def _many_people(tx: WriteSession) -> None:
    row = {"email_verified": False, "password_hash": "", "bio": "", "role": "user", "created_at": tx.now}
    for start in range(0, 6_000, 500):
        numbers = range(start, start + 500)
        names = [{"username": f"p{n * 7919 % 10_007:05}x{n}", "email": f"{n}@example.org"} for n in numbers]
        people = [
            row | name | {"id": new_id(), "username_key": name["username"], "email_key": name["email"]}
            | {"display_name": name["username"], "display_key": name["username"][::-1]}
            for name in names
        ]  # fmt: skip
        tx.execute(insert(users), people)
    tx.execute(text("ANALYZE users"))


def _plan_of_search(tx: ReadSession) -> str:
    seen: list[str] = []
    execute = tx.execute

    def explained(statement: object, params: object = None) -> object:
        sql = statement.compile(tx._connection, compile_kwargs={"literal_binds": True})  # type: ignore[attr-defined]
        plan = "EXPLAIN QUERY PLAN " if tx.dialect == "sqlite" else "EXPLAIN "
        rows = execute(text((plan + str(sql)).replace(":", "\\:")))
        seen.extend(" ".join(str(column) for column in row) for row in rows)
        return execute(statement)  # type: ignore[call-overload]

    tx.execute = explained  # type: ignore[method-assign, assignment]
    queries.list_users(tx, "p0012", None, 51)
    return "\n".join(seen) + "\n"
