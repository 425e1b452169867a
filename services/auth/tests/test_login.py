import asyncio

from services.auth.password_rules import LONGEST
from services.auth.tests.world import PASSWORD, World, code
from shared.tokens import AccessVerifier, KeyDirectory


async def test_register_login_and_me(world: World) -> None:
    registered = await world.register("Ada.Lovelace", email="Ada@Example.org", display_name="  Ada  ")
    assert registered.status_code == 201
    me = registered.json()
    assert me == {
        "id": me["id"],
        "username": "Ada.Lovelace",
        "display_name": "Ada",
        "bio": "",
        "avatar_url": None,
        "role": "user",
        "created_at": me["created_at"],
        "email": "Ada@Example.org",
        "email_verified": False,
    }
    public = {name: value for name, value in me.items() if not name.startswith("email")}
    assert await world.told() == [("user.registered", {"user": public})]
    for name in ("ada.lovelace", "ADA@example.ORG"):
        ada = await world.login(name)
        assert ada.me == me
    assert ada.tokens["token_type"] == "bearer" and ada.tokens["expires_in"] == 900


async def test_who_comes_second_is_told_what_is_taken(world: World) -> None:
    await world.register("ada")
    assert code(await world.register("ADA", email="other@example.org")) == (409, "username_taken")
    assert code(await world.register("bob", email="ADA@Example.Org")) == (409, "email_taken")


async def test_of_many_at_once_one_gets_the_name(world: World) -> None:
    answers = await asyncio.gather(*(world.register("ada", email=f"a{n}@example.org") for n in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


async def test_a_registration_sent_again_with_its_key_is_the_same(world: World) -> None:
    account = {"username": "ada", "email": "ada@example.org", "password": PASSWORD}
    key = {"Idempotency-Key": "k1"}
    first = await world.open_call("POST", "/auth/register", json=account, headers=key)
    again = await world.open_call("POST", "/auth/register", json=account, headers=key)
    assert (first.status_code, again.status_code) == (201, 201) and first.json() == again.json()
    other = await world.open_call("POST", "/auth/register", json={**account, "username": "bob"}, headers=key)
    assert code(other) == (422, "idempotency_key_reused")


async def test_the_wrong_password_and_the_unknown_name_look_alike(world: World) -> None:
    await world.register("ada")
    wrong = await world.sent_login("ada", "not the password")
    unknown = await world.sent_login("nobody")
    endless = await world.sent_login("ada", "x" * (LONGEST + 1))
    for answer in (wrong, unknown, endless):
        assert code(answer) == (401, "bad_credentials")
        assert answer.json()["detail"] == wrong.json()["detail"]


async def test_the_password_form_of_oauth2_logs_in(world: World) -> None:
    await world.register("ada")
    form = {"grant_type": "password", "username": "ada", "password": PASSWORD, "scope": "", "client_id": "x"}
    answer = await world.open_call("POST", "/auth/login", data=form)
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    assert (await world.open_call("POST", "/auth/login", data={**form, "role": "admin"})).status_code == 422
    assert (await world.open_call("POST", "/auth/login", data={"username": "ada"})).status_code == 422
    assert code(await world.open_call("POST", "/auth/login", data={**form, "grant_type": "client"}))[0] == 422
    assert code(await world.open_call("POST", "/auth/login", content=b"x"))[0] == 415


async def test_the_kit_accepts_the_access_token(world: World) -> None:
    ada = await world.person("ada")

    async def fetch() -> dict[str, object]:
        answer = await world.open_call("GET", "/.well-known/jwks.json")
        assert answer.status_code == 200
        return dict(answer.json())

    claims = await AccessVerifier(KeyDirectory(fetch)).verify(ada.tokens["access_token"])
    assert (claims.sub, claims.sid, claims.role) == (ada.id, ada.session_id, "user")
    assert claims.exp - claims.iat == 900


async def test_failed_logins_are_limited_by_account_and_address(world: World) -> None:
    await world.register("ada")
    await world.register("bob")
    for _ in range(9):
        assert (await world.sent_login("ada", "wrong password")).status_code == 401
    await world.login("ada")
    for n in range(10):
        name = "ada@example.org" if n % 2 else "ADA"
        assert (await world.sent_login(name, "wrong password")).status_code == 401
    refused = await world.sent_login("ada")
    assert code(refused) == (429, "rate_limited") and 0 < int(refused.headers["retry-after"]) <= 60
    await world.login("bob")


async def test_ten_failures_at_once_are_ten_failures(world: World) -> None:
    answers = await asyncio.gather(*(world.sent_login("nobody", f"wrong {n}") for n in range(30)))
    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 20
