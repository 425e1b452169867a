"""F15: an older database of messaging is restored under connected clients; nobody mixes two histories."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.arena import Arena, running
from tests.faults.mutants.breaking import mutated
from tests.system.person import Person, is_entry, register


@pytest.mark.parametrize("time", range(1, 6))
async def test_a_restored_database_is_another_history(time: int, tmp_path: Path) -> None:
    shown, stored = await _restore_under_a_listener(Arena(tmp_path, {}))
    assert shown == stored


async def test_without_the_epoch_two_histories_are_mixed(tmp_path: Path) -> None:
    shown, stored = await _restore_under_a_listener(Arena(tmp_path, mutated("no_epoch")))
    assert shown != stored


async def _restore_under_a_listener(arena: Arena) -> tuple[dict[int, str], dict[int, str]]:
    """What a client that follows the protocol has of the room's texts in the end, and what is stored."""
    async with running(arena):
        person = await register(arena.parley.base)
        room = await person.create_room()
        path = f"/ws/{room['id']}"
        async with person.socket(path) as socket:
            epoch = (await socket.until("ready"))["epoch"]
        await _say(person, room["id"], "before", 3)
        backup = arena.parley.var.parent / "backup.sqlite3"
        _copy(arena.database("messaging"), backup)
        await _say(person, room["id"], "lost", 5)
        shown = {}
        async with person.socket(path, since=0, epoch=epoch) as socket:
            since = (await socket.until("caught_up"))["seq"]
            shown = _texts(socket.seen)
        await asyncio.to_thread(arena.parley.stop)
        for suffix in ("-wal", "-shm"):
            Path(f"{arena.database('messaging')}{suffix}").unlink(missing_ok=True)
        shutil.copy(backup, arena.database("messaging"))
        await arena.start()
        await _say(person, room["id"], "after", 7)
        async with person.socket(path, since=since, epoch=epoch) as socket:
            async with asyncio.timeout(10):
                while (frame := await socket.next())["type"] not in ("caught_up", "resync"):
                    pass
            if frame["type"] == "resync":
                shown = {}  # as REALTIME.md says: history is read anew
                shown |= {one["seq"]: one["content"] for one in await person.history(room["id"])}
            else:
                shown |= _texts(socket.seen)
        return shown, {one["seq"]: one["content"] for one in await person.history(room["id"])}


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect(target)) as there:
        here.backup(there)


def _texts(frames: list[dict[str, object]]) -> dict[int, str]:
    found: dict[int, str] = {}
    for frame in frames:
        if is_entry(frame) and frame["type"] == "message.created":
            message = frame["message"]
            assert isinstance(message, dict)
            found[int(message["seq"])] = message["content"]
    return found


async def _say(person: Person, room_id: str, what: str, times: int) -> None:
    for number in range(times):
        said = {"content": f"{what} {number}", "client_id": f"{what}-{number}"}
        await person.call("POST", f"/rooms/{room_id}/messages", 201, json=said)
