"""RELIABILITY.md §4 A: passwords, names and logins. What the other tests prove is not proved again here."""

import asyncio

from services.auth.tests.conftest import Start
from services.auth.tests.world import PASSWORD, World, code
from shared.caller import HEADER, Anonymous, CallerSigner
from shared.testing.plugin import CALLER_SECRET, caller_header


async def test_s001_a_house_may_ask_for_longer_passwords(start: Start) -> None:
    async with start(password_min=15) as world:
        assert code(await world.register("ada", password="fourteen chars")) == (422, "weak_password")
        assert (await world.register("ada", password="fifteen letters")).status_code == 201
        ada = await world.login("ada", "fifteen letters")
        change = {"current_password": "fifteen letters", "new_password": "fourteen chars"}
        assert code(await ada.call("PUT", "/auth/password", json=change)) == (422, "weak_password")


async def test_s002_s007_long_ones_spaces_and_emoji(light: World) -> None:
    passwords = ["x" * 63 + "y", "y" * 127 + "x", " with  spaces ", "🦄" * 8, "a b a b a b a b"]
    for number, password in enumerate(passwords):
        name = f"ada{number}"
        assert (await light.register(name, password=password)).status_code == 201
        await light.login(name, password)
        for other in (password + " ", password + "!", password[:-1], password[1:]):
            assert code(await light.sent_login(name, other)) == (401, "bad_credentials")


async def test_s003_s005_no_two_passwords_are_one_but_in_spelling(light: World) -> None:
    long = "x" * 72
    await light.register("ada", password=long + "a")
    assert code(await light.sent_login("ada", long + "b")) == (401, "bad_credentials")
    await light.register("bob", password="caf\u00e9 au lait")
    await light.login("bob", "cafe\u0301 au lait")
    nul = await light.open_call("POST", "/auth/register", content=rb'{"username": "eve", "password": "aaaaaaa\u0000b"}')
    assert nul.status_code in (400, 415)


async def test_s006_what_everybody_tries_first(light: World) -> None:
    for password in ("password", "12345678", "iloveyou", "trustno1", "parley123", "ada.lovelace", "short"):
        refused = await light.register("ada.lovelace", password=password)
        assert refused.status_code == 422, password
        assert refused.json()["errors"][0]["loc"] == ["body", "password"]
    assert await light.told() == []


async def test_s009_wrong_and_unknown_cannot_be_told_apart(light: World) -> None:
    await light.register("ada")
    wrong, unknown, by_mail = [
        await light.sent_login(name, "not the password") for name in ("ada", "nobody", "nobody@example.org")
    ]
    ids = [answer.json().pop("request_id") for answer in (wrong, unknown)]
    assert wrong.text.replace(ids[0], "") == unknown.text.replace(ids[1], "")
    for other in (unknown, by_mail):
        assert other.status_code == wrong.status_code == 401
        assert set(other.headers) == set(wrong.headers)
        assert other.headers["content-length"] == wrong.headers["content-length"]


async def test_s011_a_guesser_is_stopped_and_the_owner_is_not(light: World) -> None:
    await light.register("ada")
    tries = [(await light.sent_login("ada", f"wrong {n}")).status_code for n in range(100)]
    assert tries == [401] * 10 + [429] * 90
    elsewhere = anonymous_at("198.51.100.7")
    owner = await light.client.post(
        "/api/v1/auth/login", json={"username": "ada", "password": PASSWORD}, headers=elsewhere
    )
    assert owner.status_code == 200


def anonymous_at(ip: str) -> dict[str, str]:
    """How the gateway vouches for somebody unknown at this address."""
    return {HEADER: CallerSigner({"auth": CALLER_SECRET}).sign("auth", Anonymous(ip))}


async def test_s016_nobody_looks_like_somebody_else(light: World) -> None:
    await light.register("ada")
    for username in ("ADA", "aDa"):
        assert code(await light.register(username, email="other@example.org")) == (409, "username_taken")
    for username in ("ada ", " ada", "аda", "ａｄａ", "ada\u200b", "ada\r\n", "a@a", "ab", "x" * 33, ""):
        assert code(await light.register(username, email="other@example.org")) == (422, "invalid"), username


async def test_s017_nobody_makes_themselves_more_than_a_user(light: World) -> None:
    for field in ({"role": "admin"}, {"id": "x"}, {"is_verified": True}, {"email_verified": True}, {"created_at": "x"}):
        assert code(await light.register("ada", **field)) == (422, "invalid"), field
    assert await light.told() == []
    assert (await light.sent_login("ada")).status_code == 401


async def test_s030_a_token_of_somebody_who_is_gone(light: World) -> None:
    ada = await light.person("ada")
    assert (await ada.call("DELETE", "/users/me", json={"password": PASSWORD})).status_code == 204
    answers = await asyncio.gather(
        ada.call("GET", "/users/me"),
        ada.call("GET", "/auth/sessions"),
        ada.call("POST", "/auth/ws-ticket"),
        ada.call("POST", "/auth/tokens", json={"name": "x", "scopes": ["read"]}),
        ada.call("PUT", f"/users/{ada.id}/block"),
    )
    assert {code(answer) for answer in answers} == {(401, "session_revoked")}


async def test_s031_a_role_in_a_token_is_not_believed(light: World) -> None:
    ada, bob = await light.person("ada"), await light.person("bob")
    raised = caller_header("auth", ada.id, role="admin", session_id=ada.session_id)
    for method, path, body in (
        ("PUT", f"/users/{bob.id}/role", {"role": "admin"}),
        ("POST", f"/users/{bob.id}/ban", {}),
        ("POST", "/auth/invites", {}),
    ):
        refused = await light.client.request(method, f"/api/v1{path}", json=body, headers=raised)
        assert code(refused) == (403, "forbidden")
