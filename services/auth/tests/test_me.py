"""One's own account: profile, password, deletion."""

import asyncio

from sqlalchemy import select

from services.auth.models import metadata
from services.auth.tests.world import PASSWORD, World, code
from shared.database import ReadSession

NEW = "an even finer password"
NOT_TAKEN: tuple[dict[str, object], ...] = (
    {"role": "admin"},
    {"id": "x"},
    {"email_verified": True},
    {"username": "other"},
    {"avatar_url": "http://127.0.0.1/"},
    {"display_name": ""},
    {"display_name": "a\u202eb"},
    {"display_name": "\u200b"},
    {"display_name": "x" * 65},
    {"bio": "x" * 501},
    {"bio": "a\x1bb"},
    {"email": "nobody"},
    {"email": "a@b"},
    {"email": "a b@example.org"},
    {"email": "a@example.org\nBcc: b@example.org"},
    {"display_name": 7},
)


async def test_a_profile_is_changed_and_others_hear_of_what_is_public(world: World) -> None:
    ada = await world.person("ada")
    changed = await ada.call("PUT", "/users/me", json={"display_name": " Ada ", "bio": "one\ntwo"})
    assert changed.status_code == 200
    assert changed.json() == ada.me | {"display_name": "Ada", "bio": "one\ntwo"}
    assert (await ada.call("GET", "/users/me")).json() == changed.json()
    public = {name: value for name, value in changed.json().items() if not name.startswith("email")}
    assert await world.told_of("user.updated") == [{"user": public}]
    assert (await ada.call("PUT", "/users/me", json={"bio": "one\ntwo"})).status_code == 200
    assert (await ada.call("PUT", "/users/me", json={})).status_code == 200
    moved = await ada.call("PUT", "/users/me", json={"email": "ada@elsewhere.example"})
    assert moved.json()["email"] == "ada@elsewhere.example"
    assert len(await world.told_of("user.updated")) == 1, "nothing new, nothing public: nothing told"
    await world.login("ADA@Elsewhere.example")


async def test_an_address_that_somebody_has_is_taken(world: World) -> None:
    ada = await world.person("ada")
    await world.person("bob")
    assert code(await ada.call("PUT", "/users/me", json={"email": "BOB@example.org"})) == (409, "email_taken")
    assert (await ada.call("PUT", "/users/me", json={"email": "ADA@example.org"})).status_code == 200


async def test_what_a_profile_does_not_take(light: World) -> None:
    ada = await light.person("ada")
    for body in NOT_TAKEN:
        assert code(await ada.call("PUT", "/users/me", json=body)) == (422, "invalid"), body
    assert (await ada.call("GET", "/users/me")).json() == ada.me


async def test_another_password_ends_the_other_sessions(world: World) -> None:
    """S014."""
    ada = await world.person("ada")
    other = await ada.again()
    change = {"current_password": PASSWORD, "new_password": NEW}
    wrong = await ada.call("PUT", "/auth/password", json={**change, "current_password": "wrong"})
    assert code(wrong) == (403, "bad_credentials")
    assert (await other.call("GET", "/users/me")).status_code == 200
    assert (await ada.call("PUT", "/auth/password", json=change)).status_code == 204
    assert await world.told_of("session.revoked") == [{"session_id": other.session_id, "user_id": ada.id}]
    assert code(await other.call("GET", "/users/me")) == (401, "session_revoked")
    assert (await ada.call("GET", "/users/me")).status_code == 200
    assert code(await world.sent_login("ada")) == (401, "bad_credentials")
    await world.login("ada", NEW)


async def test_of_two_changes_at_once_one_wins(world: World) -> None:
    ada = await world.person("ada")
    changes = [{"current_password": PASSWORD, "new_password": f"{NEW} {n}"} for n in range(2)]
    answers = await asyncio.gather(*(ada.call("PUT", "/auth/password", json=change) for change in changes))
    assert sorted(answer.status_code for answer in answers) == [204, 403]


async def test_a_weak_one_changes_nothing(light: World) -> None:
    ada = await light.person("ada")
    for new in ("short", "password", "parley123", "x" * 129, "ada@example.org"):
        answer = await ada.call("PUT", "/auth/password", json={"current_password": PASSWORD, "new_password": new})
        assert answer.status_code == 422 and answer.json()["code"] in ("weak_password", "invalid")
        assert answer.json()["errors"][0]["loc"] == ["body", "new_password"]
    await light.login("ada")


async def test_guessing_with_a_stolen_token_is_limited(light: World) -> None:
    ada = await light.person("ada")
    for _ in range(10):
        assert (await ada.call("DELETE", "/users/me", json={"password": "wrong"})).status_code == 403
    assert code(await ada.call("DELETE", "/users/me", json={"password": PASSWORD})) == (429, "rate_limited")


async def test_a_deleted_account_is_forgotten(world: World) -> None:
    ada, bob = await world.person("ada", display_name="Countess"), await world.person("bob")
    other = await ada.again()
    await ada.call("PUT", "/users/me", json={"bio": "an enchantress"})
    await ada.call("PUT", f"/users/{bob.id}/block")
    await bob.call("PUT", f"/users/{ada.id}/block")
    await ada.call("POST", "/auth/tokens", json={"name": "robot", "scopes": ["read"]})
    refused = await ada.call("DELETE", "/users/me", json={"password": "wrong"})
    assert code(refused) == (403, "bad_credentials")
    assert (await ada.call("DELETE", "/users/me", json={"password": PASSWORD})).status_code == 204
    assert await world.told_of("user.deleted") == [{"user_id": ada.id}]
    assert len(await world.told_of("session.revoked")) == 3, "two sessions and a token"
    for call in (ada.call("GET", "/users/me"), other.call("GET", "/users/me"), world.refresh(ada.refresh_token)):
        assert code(await call) == (401, "session_revoked")
    assert code(await bob.call("GET", f"/users/{ada.id}")) == (404, "not_found")
    assert (await bob.call("GET", "/users/me/blocks")).json()["items"] == []
    assert (await bob.call("GET", "/users", params={"q": "ada"})).json()["items"] == []
    left = await world.db.read(_everything)
    for trace in ("Countess", "ada@example.org", "enchantress", "robot"):
        assert trace not in left
    again = await world.person("ada", email="ada@example.org")
    assert again.id != ada.id, "the name is free, the id is not"


async def test_the_last_admin_stays(light: World) -> None:
    ada = await light.person("ada", role="admin")
    assert code(await ada.call("DELETE", "/users/me", json={"password": PASSWORD})) == (409, "last_admin")
    await light.person("bob", role="admin")
    assert (await ada.call("DELETE", "/users/me", json={"password": PASSWORD})).status_code == 204


def _everything(tx: ReadSession) -> str:
    # But the outbox: what was told is purged from it a day later.
    tables = [table for table in metadata.sorted_tables if table.name != "outbox"]
    return repr([list(tx.execute(select(table))) for table in tables])
