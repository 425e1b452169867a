"""What an operator does by command, beside the running service; and the first admin."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from services.auth.commands import create_admin_command, revoke_user_command, rotate_keys_command
from services.auth.settings import Settings
from services.auth.store import users
from services.auth.tests.conftest import SECRET_KEY, Start, settings_for, world_of
from services.auth.tests.world import PASSWORD, code
from shared.testing.nats import NatsServer
from shared.testing.plugin import CALLER_SECRET

Out = pytest.CaptureFixture[str]


async def test_an_admin_is_made_or_somebody_is_made_one(settings: Settings, capsys: Out) -> None:
    with_password = settings.model_copy(update={"auth_admin_password": SecretStr(PASSWORD)})
    assert await create_admin_command(with_password, ["root"]) == 0
    async with world_of(settings) as world:
        root = await world.login("root")
        assert root.me["role"] == "admin"
        ada = await world.person("ada")
        assert await create_admin_command(settings, ["ada"]) == 0
        assert "ada is an admin now." in capsys.readouterr().out
        assert await world.told_of("user.role_changed") == [{"user_id": ada.id, "role": "admin", "by": None}]
        assert (await ada.again()).me["role"] == "admin"


async def test_the_password_is_asked_for_and_checked(
    settings: Settings, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("password\n"))
    assert await create_admin_command(settings, ["root"]) == 1
    said = capsys.readouterr()
    assert "common" in said.err and "is an admin" not in said.out
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD + "\r\n"))
    assert await create_admin_command(settings, ["root"]) == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD + "\n"))
    assert await create_admin_command(settings, ["no such name"]) == 1
    assert "username" in capsys.readouterr().err
    async with world_of(settings) as world:
        await world.login("root")


async def test_somebody_is_thrown_out(settings: Settings, capsys: Out) -> None:
    async with world_of(settings) as world:
        ada, bob = await world.person("ada"), await world.person("bob")
        other = await ada.again()
        token = (await ada.call("POST", "/auth/tokens", json={"name": "bot", "scopes": ["read"]})).json()
        assert await revoke_user_command(settings, ["ADA@example.org"]) == 0
        assert "have ended" in capsys.readouterr().out
        ended = {told["session_id"] for told in await world.told_of("session.revoked")}
        assert ended == {ada.session_id, other.session_id, token["id"]}
        assert code(await ada.call("GET", "/users/me")) == (401, "session_revoked")
        assert (await bob.call("GET", "/users/me")).status_code == 200
        assert (await world.sent_login("ada")).status_code == 200, "the account is as it was"
    assert await revoke_user_command(settings, ["nobody"]) == 1
    assert "nobody" in capsys.readouterr().err


async def test_what_a_command_does_not_understand(settings: Settings, capsys: Out) -> None:
    for command, arguments in (
        (create_admin_command, []),
        (create_admin_command, ["a", PASSWORD]),
        (revoke_user_command, []),
        (rotate_keys_command, ["now"]),
    ):
        assert await command(settings, arguments) == 2
        assert capsys.readouterr().err.startswith("usage: python -m services.auth")


def test_the_command_line(tmp_path: Path) -> None:
    environment = {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'auth.db'}",
        "CALLER_SECRET": CALLER_SECRET,
        "SECRET_KEY": SECRET_KEY,
        "AUTH_ADMIN_PASSWORD": PASSWORD,
    }

    command = [sys.executable, "-m", "services.auth", "create-admin", "root"]
    made = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert (made.returncode, made.stdout) == (0, "root has an account and is an admin.\n"), made.stderr
    assert PASSWORD not in made.stderr


async def test_the_first_admin_is_made_once(tmp_path: Path, nats_server: NatsServer) -> None:
    """S015."""
    settings = settings_for(
        f"sqlite:///{tmp_path / 'auth.db'}",
        nats_server.url,
        auth_admin_username="root",
        auth_admin_password=SecretStr(PASSWORD),
    )
    async with world_of(settings) as world:
        root = await world.login("root")
        assert (root.me["role"], root.me["email"]) == ("admin", "root@parley.invalid")
        change = {"current_password": PASSWORD, "new_password": "an even finer password"}
        assert (await root.call("PUT", "/auth/password", json=change)).status_code == 204
    async with world_of(settings) as world:
        assert code(await world.sent_login("root")) == (401, "bad_credentials"), "the second start changes nothing"
        await world.login("root", "an even finer password")


async def test_there_is_no_account_that_nobody_made(start: Start) -> None:
    async with start() as world:
        assert await world.db.read(users.admins) == 0
        assert await world.told() == []
        for name in ("admin", "root", "parley"):
            assert (await world.sent_login(name, name)).status_code == 401


async def test_who_took_the_name_first_is_not_made_admin(tmp_path: Path, nats_server: NatsServer) -> None:
    url = f"sqlite:///{tmp_path / 'auth.db'}"
    async with world_of(settings_for(url, nats_server.url)) as world:
        await world.register("root")
    admin = {"auth_admin_username": "root", "auth_admin_password": SecretStr("another fine password")}
    async with world_of(settings_for(url, nats_server.url, **admin)) as world:
        assert await world.db.read(users.admins) == 0
        assert (await world.login("root")).me["role"] == "user"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"auth_admin_username": "root"}, "password"),
        ({"auth_admin_username": "a b", "auth_admin_password": SecretStr(PASSWORD)}, "username"),
        ({"auth_admin_username": "root", "auth_admin_password": SecretStr("password")}, "common"),
        ({"password_min": 7}, "PARLEY_PASSWORD_MIN"),
        ({"hash_memory_kib": 64}, "AUTH_HASH_MEMORY_KIB"),
        ({"limit_login": "often"}, "PARLEY_LIMIT_LOGIN"),
        ({"smtp_host": "127.0.0.1"}, "SMTP_FROM"),
        ({"registration": "maybe"}, "PARLEY_REGISTRATION"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_setting_stops_the_start(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        settings_for("sqlite:///auth.db", "nats://127.0.0.1:1", **wrong)
    (error,) = refused.value.errors()
    assert said in f"{error['loc']} {error['msg']}" or said.rpartition("_")[2].lower() in str(error["loc"])
    assert "password'" not in str(refused.value)
