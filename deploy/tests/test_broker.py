"""Which nats-server a local run uses."""

import sys
from pathlib import Path

import pytest

from deploy.local.broker import find_server, require_outside, write_config
from deploy.local.credentials import load_or_make
from deploy.local.folder import CannotStart, Folder
from shared.testing.nats import NatsServer
from shared.testing.processes import free_port


def test_without_a_word_the_environments_own_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NATS_SERVER_BIN", raising=False)
    found = find_server()
    monkeypatch.setenv("NATS_SERVER_BIN", found)
    assert find_server() == found


@pytest.mark.parametrize("what", ["/nowhere/nats-server", "a folder", "a text", sys.executable])
def test_what_is_no_server_is_named(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a folder").mkdir()
    (tmp_path / "a text").write_text("nats-server")
    named = str(tmp_path / what) if " " in what else what
    monkeypatch.setenv("NATS_SERVER_BIN", named)
    with pytest.raises(CannotStart, match=f"^NATS_SERVER_BIN is {named}, which is no nats-server that can be run"):
        find_server()


def test_the_configuration_is_for_the_owner_only(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "var")
    folder.take()
    credentials, _ = load_or_make(folder.path / "secrets.json")
    path = write_config(folder, 4222, credentials)
    assert path.stat().st_mode & 0o777 == 0o600
    assert all(password in path.read_text() for password in credentials.nats_passwords.values())


async def test_one_of_the_servers_of_nats_url_must_be_there(nats_server: NatsServer) -> None:
    nobody = f"nats://127.0.0.1:{free_port()}"
    await require_outside(f"{nobody},127.0.0.1:{nats_server.port}")
    for urls in (nobody, "nats://user:password@127.0.0.1:port", "nats://", "/nothing"):
        with pytest.raises(CannotStart, match="No NATS server answers at NATS_URL") as refused:
            await require_outside(urls)
        assert "password" not in str(refused.value)
