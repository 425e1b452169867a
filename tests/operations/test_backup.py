"""F36, and F15 by the commands: a backup of the running product restores, and nobody mixes two histories."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from shared.testing.postgres import Postgres
from tests.faults.arena import Arena, running
from tests.operations.commands import ran, refused
from tests.operations.talk import Talk
from tests.system.parley import ROOT
from tests.system.person import is_entry, login, register

SERVICES = ("auth", "rooms", "messaging", "moderation", "files")


def _entries(frames: list[dict[str, Any]]) -> list[int]:
    return [frame["seq"] for frame in frames if is_entry(frame)]


async def test_a_backup_under_load_restores_and_clients_start_from_the_head(tmp_path: Path) -> None:
    arena = Arena(tmp_path, {})
    backup = tmp_path / "backup"
    async with running(arena):
        anna = await register(arena.parley.base, "anna")
        talk = Talk(anna, (await anna.create_room())["id"])
        file = {"file": ("a.txt", b"kept", "text/plain")}
        upload = await anna.call("POST", f"/rooms/{talk.room_id}/files", 201, files=file)
        path = f"/ws/{talk.room_id}"
        async with talk.going_on():
            await talk.more(20)
            before = max(talk.acked)
            await ran("deploy.backup", backup, var=arena.parley.var)
            await talk.more(20)
        async with anna.socket(path) as socket:
            epoch = (await socket.until("ready"))["epoch"]
        await refused("deploy.restore", backup, var=arena.parley.var, said="Parley runs already")

    _every_database_is_sound(backup)
    said = await ran("deploy.restore", backup, "--replace", var=arena.parley.var)
    assert "A new epoch begins" in said
    assert list(arena.parley.var.glob("before-restore-*/messaging/messaging.sqlite3"))

    async with running(arena):
        anna = await login(arena.parley.base, anna.username)
        async with anna.socket(path, since=max(talk.acked), epoch=epoch) as socket:
            assert (await socket.until("resync"))["room_id"] == talk.room_id
        stored = {one["seq"]: one["content"] for one in await anna.history(talk.room_id)}
        assert before in stored  # what was acked before the backup began
        assert stored.items() <= talk.acked.items()
        async with anna.socket(path, since=0) as socket:
            await socket.until("caught_up")
            assert _entries(socket.seen) == list(range(1, max(stored) + 1))  # I1
        assert await Talk(anna, talk.room_id).say("after") == max(stored) + 1
        assert upload["id"] == (await anna.call("GET", f"/files/{upload['id']}"))["id"]
        # Services go on following each other: rooms tells messaging of a new room, at once.
        assert await Talk(anna, (await anna.create_room())["id"]).say("a new room")


def _every_database_is_sound(backup: Path) -> None:
    manifest = json.loads((backup / "manifest.json").read_text())
    assert manifest["services"].keys() == set(SERVICES)
    assert {f"databases/{name}.sqlite3" for name in SERVICES} < manifest["sums"].keys()
    assert (backup.stat().st_mode & 0o77, (backup / "secrets.json").stat().st_mode & 0o77) == (0, 0)
    for name in SERVICES:
        with closing(sqlite3.connect(backup / "databases" / f"{name}.sqlite3")) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert database.execute("SELECT version_num FROM alembic_version").fetchone() == (
                manifest["services"][name]["revision"],
            )


@pytest.fixture
def empty_run(tmp_path: Path) -> Path:
    """The data folder of a run that nobody has used."""
    var = tmp_path / "var"
    for name in SERVICES:
        (var / name).mkdir(parents=True)
    (var / "lock").touch()
    urls = [f"{name}=sqlite:///{var / name / name}.sqlite3" for name in SERVICES]
    subprocess.run([sys.executable, "-m", "deploy.migrations", *urls], cwd=ROOT, check=True, timeout=120)
    return var


def _damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _forget(path: Path) -> None:
    path.unlink()


def _from_the_future(backup: Path) -> None:
    manifest = json.loads((backup / "manifest.json").read_text())
    manifest["services"]["rooms"]["revision"] = "9999"
    (backup / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda backup: _damage(backup / "databases/rooms.sqlite3"), "databases/rooms.sqlite3 is damaged"),
        (lambda backup: _forget(backup / "databases/auth.sqlite3"), "databases/auth.sqlite3 is missing"),
        (lambda backup: _forget(backup / "manifest.json"), "is no backup: manifest.json can't be read"),
        (lambda backup: _damage(backup / "manifest.json"), "is no backup: manifest.json is damaged"),
        (_from_the_future, "is at migration 9999, which this release does not know"),
    ],
    ids=["damaged", "missing", "no manifest", "broken manifest", "newer release"],
)
async def test_what_is_no_sound_backup_is_refused_before_anything_is_touched(
    tmp_path: Path, empty_run: Path, harm: Callable[[Path], None], said: str
) -> None:
    backup = tmp_path / "backup"
    await ran("deploy.backup", backup, var=empty_run)
    harm(backup)
    await refused("deploy.restore", backup, var=tmp_path / "elsewhere", said=said)
    assert not (tmp_path / "elsewhere").exists()


async def test_what_is_there_already_stays(tmp_path: Path, empty_run: Path) -> None:
    await ran("deploy.backup", tmp_path / "backup", var=empty_run)
    await refused("deploy.restore", tmp_path / "backup", var=empty_run, said="with --replace it is moved aside")
    assert sorted(path.name for path in empty_run.iterdir()) == sorted([*SERVICES, "lock"])


async def test_a_backup_never_takes_the_place_of_something(tmp_path: Path, empty_run: Path) -> None:
    (tmp_path / "backup").mkdir()
    await refused("deploy.backup", tmp_path / "backup", var=empty_run, said="exists already")
    await refused("deploy.backup", tmp_path / "other", var=tmp_path / "nowhere", said="There is no database at")
    (empty_run / "rooms" / "rooms.sqlite3").write_bytes(b"this is not a database" * 100)
    await refused("deploy.backup", tmp_path / "other", var=empty_run, said="can't be copied: file is not a database")
    assert not (tmp_path / "other").exists()


async def test_postgresql_is_dumped_and_loaded(tmp_path: Path, empty_run: Path, postgres: Postgres) -> None:
    old, new = postgres.create_database(), postgres.create_database()
    await ran("deploy.migrations", f"rooms={old}", var=empty_run)
    await ran("deploy.backup", tmp_path / "backup", var=empty_run, ROOMS_DATABASE_URL=old)
    assert (tmp_path / "backup/databases/rooms.dump").exists()
    again = tmp_path / "again"
    await refused("deploy.restore", tmp_path / "backup", var=again, said="ROOMS_DATABASE_URL names sqlite")
    await ran("deploy.restore", tmp_path / "backup", var=again, ROOMS_DATABASE_URL=new)
    await refused(
        "deploy.restore",
        tmp_path / "backup",
        var=tmp_path / "third",
        said="The PostgreSQL database of rooms is not empty",
        ROOMS_DATABASE_URL=new,
    )
