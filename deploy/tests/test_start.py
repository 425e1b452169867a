"""What a person reads when `python -m deploy.local` can't begin: one sentence, and nothing was left running."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from shared.testing.failures import unforeseen
from shared.testing.processes import free_port


def _start(tmp_path: Path, *arguments: str, **told: str) -> tuple[int, list[str]]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("NATS_", "AUTH_", "SECRET_"))}
    environment = clean | {"VAR_DIR": str(tmp_path / "var"), "PORT": str(free_port())} | told
    command = [sys.executable, "-m", "deploy.local", *arguments]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=50, check=False)
    return ended.returncode, (ended.stdout + ended.stderr).splitlines()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "http", "PORT is 'http'; it must be a number"),
        ("HOST", "192.0.2.1", "HOST is '192.0.2.1', which is no address"),
        ("VAR_DIR", "/dev/null/var", "Can't write to /dev/null/var"),
        ("NATS_SERVER_BIN", "/dev/null", "NATS_SERVER_BIN is /dev/null, which is no nats-server"),
        ("NATS_URL", "nats://127.0.0.1:1", "No NATS server answers at NATS_URL"),
    ],
)
def test_a_start_that_makes_no_sense_is_one_sentence(tmp_path: Path, name: str, value: str, said: str) -> None:
    status, lines = _start(tmp_path, **{name: value})
    assert (status, len(lines)) == (1, 1), lines
    assert lines[0].startswith(f"parley: {said}")


@pytest.mark.parametrize(("argument", "status", "said"), [("--help", 0, "VAR_DIR"), ("8000", 2, "unrecognized")])
def test_an_argument_starts_nothing(tmp_path: Path, argument: str, status: int, said: str) -> None:
    ended, lines = _start(tmp_path, argument)
    assert ended == status and said in "\n".join(lines)
    assert not (tmp_path / "var").exists()


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, lines = _start(tmp_path, PORT=str(port))
    assert (status, lines) == (1, [f"parley: Port {port} is taken; set PORT to another one, for example PORT=8010."])


def test_a_database_that_is_none_is_named_without_a_traceback(tmp_path: Path) -> None:
    database = tmp_path / "rooms.sqlite3"
    database.write_bytes(b"this is not a database" * 100)
    status, lines = _start(tmp_path, ROOMS_DATABASE_URL=f"sqlite:///{database}")
    assert status == 1
    assert lines[-2] == "The database of rooms can't be brought up to date: file is not a database."
    assert not unforeseen("\n".join(lines))
