"""Keys change without anybody noticing: published before they sign, dropped when their last token has ended."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr, ValidationError
from sqlalchemy import select, update

from services.auth import keyring
from services.auth.commands import rotate_keys_command
from services.auth.keyring import KeySeal
from services.auth.keys import derive, new_signing_key
from services.auth.models import signing_keys
from services.auth.settings import Settings
from services.auth.sweeper import sweep
from services.auth.tests.conftest import Start, settings_for, world_of
from services.auth.tests.world import Person, World
from shared.database import ReadSession, WriteSession
from shared.problems import Unauthorized, Unavailable
from shared.testing.nats import NatsServer
from shared.testing.plugin import anonymous_header
from shared.testing.waiting import eventually
from shared.tokens import AccessVerifier, KeyDirectory


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "_PAUSE", 0.02)


async def test_a_rotation_logs_nobody_out(world: World, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """S036."""
    ada = await world.person("ada")
    first = kid_of(ada)
    assert await published(world) == [first]
    assert await rotate_keys_command(settings, []) == 0
    assert "is published, signs from" in capsys.readouterr().out
    await eventually(lambda: len(world.wiring.keys.key_set()["keys"]) == 2)
    (second,) = set(await published(world)) - {first}
    assert kid_of(await ada.again()) == first, "nobody knows the new one yet"
    assert await rotate_keys_command(settings, []) == 1
    assert "does not sign yet" in capsys.readouterr().err

    await world.db.write(_age, timedelta(minutes=3))
    newer = await eventually(lambda: signed_by(world, ada, second))
    assert newer is not None
    for person in (ada, newer):
        claims = await verifier(world).verify(person.tokens["access_token"])
        assert claims.sub == ada.id, "both are good"
    assert (await world.refresh(ada.refresh_token)).status_code == 200

    await world.db.write(_age, timedelta(minutes=16))
    await eventually(lambda: [key["kid"] for key in world.wiring.keys.key_set()["keys"]] == [second])
    with pytest.raises(Unauthorized):
        await verifier(world).verify(ada.tokens["access_token"])
    assert (await verifier(world).verify(newer.tokens["access_token"])).sub == ada.id


async def test_a_restart_and_another_rotation_keep_what_is_good(settings: Settings) -> None:
    async with world_of(settings) as world:
        first = kid_of(await world.person("ada"))
    assert await rotate_keys_command(settings, []) == 0
    async with world_of(settings) as world:
        await world.db.write(_age, timedelta(minutes=20))
        assert await rotate_keys_command(settings, []) == 0
        await world.db.write(_age, timedelta(minutes=3))
        await world.db.write(sweep)
        rows = await world.db.read(_rows)
    assert rows[0].kid == first and rows[0].sealed is None
    async with world_of(settings) as world:
        assert kid_of(await world.login("ada")) == rows[-1].kid
        assert await published(world) == [row.kid for row in rows[1:]]


async def test_no_private_key_is_in_the_database_and_another_secret_opens_none(
    settings: Settings, start: Start
) -> None:
    assert await rotate_keys_command(settings, []) == 0
    other = settings.model_copy(update={"secret_key": SecretStr("another-secret-key-of-some-tests-98765")})
    async with world_of(other) as world:
        await world.db.write(_age, timedelta(minutes=3))
        assert len(await published(world)) == 1, "its own first key alone"
        assert (await world.register("ada")).status_code == 201
        assert kid_of(await world.login("ada")) == (await published(world))[0]


def test_a_seal_is_for_one_key_and_one_secret() -> None:
    key, seal = new_signing_key(), KeySeal(derive("secret", "a"))
    sealed = seal.close(key)
    opened = seal.open(sealed, key.kid)
    assert opened is not None and opened.kid == key.kid
    assert seal.open(sealed, new_signing_key().kid) is None
    assert KeySeal(derive("secret", "b")).open(sealed, key.kid) is None
    assert seal.close(key) != sealed


async def test_a_key_file_is_the_operators_to_rotate(
    tmp_path: Path, nats_server: NatsServer, capsys: pytest.CaptureFixture[str]
) -> None:
    keys, path = [Ed25519PrivateKey.generate() for _ in range(2)], tmp_path / "keys.pem"
    pems = [key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) for key in keys]
    path.write_bytes(pems[0] + pems[1])
    settings = settings_for(f"sqlite:///{tmp_path / 'auth.db'}", nats_server.url, auth_key_file=path)
    async with world_of(settings) as world:
        ada = await world.person("ada")
        kids = await published(world)
        assert len(kids) == 2 and kid_of(ada) == kids[0]
        assert (await verifier(world).verify(ada.tokens["access_token"])).sub == ada.id
    assert await rotate_keys_command(settings, []) == 1
    assert "AUTH_KEY_FILE" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"not a key", None])
def test_a_key_file_without_a_key_stops_the_start(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "keys.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValidationError, match="AUTH_KEY_FILE"):
        settings_for("sqlite:///auth.db", "nats://127.0.0.1:1", auth_key_file=path)


async def test_looking_up_survives_a_database_that_is_away(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    async with start() as world:
        before = world.wiring.keys.key_set()

        async def away(*_: object) -> None:
            asked.set()
            raise Unavailable

        asked = asyncio.Event()
        monkeypatch.setattr(world.db, "read", away)
        await asyncio.wait_for(asked.wait(), 5)
        assert world.wiring.keys.key_set() == before


async def signed_by(world: World, person: Person, kid: str) -> Person | None:
    """A new login, if its token is signed by this key."""
    again = await person.again()
    return again if kid_of(again) == kid else None


def kid_of(person: Person) -> str:
    """The name of the key that signed the person's token."""
    return str(jwt.get_unverified_header(person.tokens["access_token"])["kid"])


async def published(world: World) -> list[str]:
    """The names of the keys that anybody can get, and that the gateway is told."""
    answer = await world.open_call("GET", "/.well-known/jwks.json")
    root = await world.client.get("/.well-known/jwks.json", headers=anonymous_header("auth"))
    told = await world.bus.request("rpc.auth.jwks", {})
    assert answer.json() == root.json() == told
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert all(set(key) == {"kty", "crv", "x", "kid", "use", "alg"} for key in told["keys"])
    return [str(key["kid"]) for key in told["keys"]]


def verifier(world: World) -> AccessVerifier:
    """As the gateway has one, with the keys of now."""

    async def fetch() -> Any:
        return await world.bus.request("rpc.auth.jwks", {})

    return AccessVerifier(KeyDirectory(fetch))


def _rows(tx: ReadSession) -> list[Any]:
    return list(tx.execute(select(signing_keys).order_by(signing_keys.c.signs_from)))


def _age(tx: WriteSession, by: timedelta) -> None:
    for row in _rows(tx):
        end = row.expires_at - by if row.expires_at else None
        older = {"signs_from": row.signs_from - by, "expires_at": end}
        tx.execute(update(signing_keys).where(signing_keys.c.kid == row.kid).values(**older))
