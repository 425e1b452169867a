"""RELIABILITY.md §4 B, with what this service really gives out. The kit's test_tokens.py has the forgeries."""

from base64 import urlsafe_b64decode
from typing import Any

import jwt
import orjson
import pytest
from pydantic import SecretStr, ValidationError

from services.auth.settings import Settings
from services.auth.tests.conftest import settings_for
from services.auth.tests.world import Person, World, code
from services.auth.tokens import digest
from shared.problems import Problem, Unauthorized
from shared.tokens import AccessVerifier, KeyDirectory


async def test_what_an_access_token_says(light: World) -> None:
    ada = await light.person("ada", role="moderator")
    token = ada.tokens["access_token"]
    header = jwt.get_unverified_header(token)
    assert set(header) == {"alg", "typ", "kid"} and (header["alg"], header["typ"]) == ("EdDSA", "at+jwt")
    claims = orjson.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    assert set(claims) == {"iss", "aud", "sub", "sid", "jti", "role", "iat", "exp"}
    assert (claims["iss"], claims["aud"], claims["sub"], claims["role"]) == ("parley", "parley", ada.id, "moderator")
    assert claims["exp"] - claims["iat"] == 900
    other = await ada.again()
    assert other.claims["jti"] != claims["jti"] and other.session_id != ada.session_id
    assert len(token) < 1024


async def test_s027_no_token_is_taken_for_another_kind(light: World) -> None:
    ada = await light.person("ada")
    kinds = await every_kind(ada)
    for name, token in kinds.items():
        for use in ("access", "refresh", "ticket", "personal"):
            if use != name:
                assert not await good_as(light, use, token), f"a {name} token as {use}"
    assert all([await good_as(light, name, token) for name, token in kinds.items()])


async def every_kind(person: Person) -> dict[str, str]:
    """One token of each kind."""
    ticket = (await person.call("POST", "/auth/ws-ticket")).json()["ticket"]
    personal = (await person.call("POST", "/auth/tokens", json={"name": "bot", "scopes": ["read"]})).json()["token"]
    access, refresh = person.tokens["access_token"], person.refresh_token
    return {"access": access, "refresh": refresh, "ticket": ticket, "personal": personal}


async def good_as(world: World, use: str, token: str) -> bool:
    """Whether it lets anybody in by this way."""

    async def keys() -> Any:
        return world.wiring.keys.key_set()

    try:
        if use == "access":
            await AccessVerifier(KeyDirectory(keys)).verify(token)
        elif use == "refresh":
            return (await world.refresh(token)).status_code == 200
        elif use == "ticket":
            await world.bus.request("rpc.auth.tickets.redeem", {"ticket": token})
        else:
            await world.bus.request("rpc.auth.tokens.recognise", {"digest": digest(token)})
    except Unauthorized:
        return False
    except Problem as problem:
        assert problem.status == 401
        return False
    return True


@pytest.mark.parametrize("end", ["logout", "logout-all", "ban", "delete", "revoke"])
async def test_s034_what_ended_stays_ended(light: World, end: str) -> None:
    mod, ada = await light.person(role="moderator"), await light.person("ada")
    ticket = (await ada.call("POST", "/auth/ws-ticket")).json()["ticket"]
    if end == "ban":
        await mod.call("POST", f"/users/{ada.id}/ban")
    elif end == "delete":
        await ada.call("DELETE", "/users/me", json={"password": "a fine password for tests"})
    elif end == "revoke":
        await ada.call("DELETE", f"/auth/sessions/{ada.session_id}")
    else:
        await ada.call("POST", f"/auth/{end}")
    assert ada.session_id in {told["session_id"] for told in await light.told_of("session.revoked")}
    assert code(await ada.call("GET", "/users/me")) == (401, "session_revoked")
    assert code(await light.refresh(ada.refresh_token)) == (401, "session_revoked")
    assert not await good_as(light, "ticket", ticket)


@pytest.mark.parametrize("name", ["secret_key", "caller_secret"])
@pytest.mark.parametrize("weak", ["", "short", "x" * 64, "changeme-changeme-changeme-changeme", "0123456789abcdef"])
def test_s038_s182_a_weak_secret_stops_the_start(name: str, weak: str) -> None:
    secrets: dict[str, Any] = {"secret_key": "fine " * 8 + "0123", "caller_secret": "good " * 8 + "4567"}
    secrets |= {"database_url": "sqlite:///x"}
    Settings(**secrets)
    with pytest.raises(ValidationError) as refused:
        Settings(**(secrets | {name: weak}))
    assert weak == "" or weak not in str(refused.value)


def test_s183_settings_show_no_secret() -> None:
    filled = settings_for("sqlite:///x", "nats://127.0.0.1:1").model_copy(
        update={"smtp_password": SecretStr("canary-smtp"), "auth_admin_password": SecretStr("canary-admin")}
    )
    for shown in (repr(filled), str(filled), filled.model_dump_json()):
        for secret in ("canary-smtp", "canary-admin", filled.secret_key.get_secret_value()):
            assert secret not in shown
