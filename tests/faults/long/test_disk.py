"""F14 and F17: the whole host loses power, and its disk is full (RELIABILITY.md §3.2). Needs root and loop devices."""

import asyncio
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest

from shared.testing.nats import NatsServer
from tests.faults.arena import ProxiedArena, running
from tests.faults.crowd import Crowd, Size, audited_kicks, crowd
from tests.faults.disk import Disk
from tests.faults.footprint import nothing_left
from tests.faults.host import FollowersDiskArena, HostArena, PostgresHostArena
from tests.faults.mutants.breaking import mutated
from tests.system.person import register

LOSSES = int(os.environ.get("POWER_LOSSES") or 10)
POSTGRES_LOSSES = int(os.environ.get("POSTGRES_POWER_LOSSES") or 5)
ACKED = int(os.environ.get("POWER_ACKED") or 500)  # between two losses


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A mounted disk."""
    yield from _mounted(Disk(tmp_path, 256))


@pytest.fixture
def open_disk() -> Iterator[Disk]:
    """A mounted disk where PostgreSQL, which does not run as root, can get to."""
    with tempfile.TemporaryDirectory(prefix="parley-disk-") as folder:
        Path(folder).chmod(0o755)
        yield from _mounted(Disk(Path(folder), 1024))


def _mounted(disk: Disk) -> Iterator[Disk]:
    disk.mount()
    try:
        yield disk
    finally:
        disk.unmount()


async def test_what_was_acked_survives_power_losses(
    tmp_path: Path, disk: Disk, capsys: pytest.CaptureFixture[str]
) -> None:
    await _survives(HostArena(tmp_path, disk), LOSSES, capsys)


async def test_what_was_acked_survives_power_losses_on_postgresql(
    tmp_path: Path, open_disk: Disk, capsys: pytest.CaptureFixture[str]
) -> None:
    await _survives(PostgresHostArena(tmp_path, open_disk), POSTGRES_LOSSES, capsys)


async def test_what_was_not_synced_does_not(tmp_path: Path, disk: Disk) -> None:
    host = HostArena(tmp_path, disk, mutated("no_flush_to_disk"))
    said = await _say_and_turn_off(host)
    assert not said <= _stored(host.database("messaging"))


async def test_what_postgresql_did_not_sync_does_not(tmp_path: Path, open_disk: Disk) -> None:
    host = PostgresHostArena(tmp_path, open_disk, {"synchronous_commit": "off", "wal_writer_delay": "10s"})
    said = await _say_and_turn_off(host)
    host.postgres.start()
    try:
        with psycopg.connect(host.urls["messaging"]) as connection:
            stored = {row[0] for row in connection.execute("SELECT id FROM messages")}
    finally:
        host.postgres.stop()
    assert not said <= stored


async def test_a_full_disk_refuses_and_recovers(tmp_path: Path, disk: Disk) -> None:
    async with running(HostArena(tmp_path, disk)) as host:
        assert await _fill_the_disk_often(host) == []


async def test_numbers_from_memory_do_not_survive_a_full_disk(tmp_path: Path, disk: Disk) -> None:
    async with running(HostArena(tmp_path, disk, mutated("numbers_from_memory"))) as host:
        assert any(one.startswith(("I1", "I6")) for one in await _fill_the_disk_often(host))


async def test_what_a_follower_could_not_store_comes_again(tmp_path: Path, disk: Disk) -> None:
    told, noted = await _fill_the_disk_of_who_follows(FollowersDiskArena(tmp_path, disk))
    assert told == noted


async def test_a_cursor_in_memory_does_not_survive_a_full_disk(tmp_path: Path, disk: Disk) -> None:
    place = FollowersDiskArena(tmp_path, disk, mutated("cursor_in_memory_first"))
    told, noted = await _fill_the_disk_of_who_follows(place)
    assert noted < told


async def test_a_broker_that_loses_power_is_filled_again(tmp_path: Path, disk: Disk) -> None:
    """F12"""
    broker = NatsServer(folder=disk.path / "nats")
    async with running(ProxiedArena(tmp_path, broker=broker)) as place:
        async with crowd(place, Size()) as people:
            for _ in range(LOSSES):
                await people.more_acked(100)
                disk.cut_power()
                broker.kill()
                disk.unmount()
                disk.mount()
                broker.start()
            await people.more_acked(100)
        assert await people.broken_promises() == []
        told, noted = await people.kicks_noted()
        assert told == noted > 0


async def _fill_the_disk_of_who_follows(place: FollowersDiskArena) -> tuple[int, int]:
    """How many were removed while moderation could store nothing, and how many removals it has in the end."""
    async with running(place):
        owner, guest = await register(place.parley.base, "owner"), await register(place.parley.base, "guest")
        room = await owner.create_room()
        told = 0
        for _ in range(3):
            waits = place.parley.log().count("following waits")
            with place.disk.full():
                while place.parley.log().count("following waits") < waits + 3:  # one may have been for a join alone
                    await guest.join(room)
                    await owner.call("DELETE", f"/rooms/{room['id']}/members/{guest.id}", 204)
                    told += 1
        admin = await place.admin()
        with suppress(TimeoutError):
            async with asyncio.timeout(15):
                while (noted := await audited_kicks(admin, room["id"])) < told:
                    await asyncio.sleep(0.1)
        return told, noted


async def _survives(host: HostArena, losses: int, capsys: pytest.CaptureFixture[str]) -> None:
    async with running(host), nothing_left(host):
        people = await _lose_power_often(host, losses)
        broken = await people.broken_promises()
        told, noted = await people.kicks_noted()
    with capsys.disabled():
        print(f"\n{people.acked} acked, {losses} power losses, {told} kicks, {len(broken)} violations")
    assert broken == []
    assert told == noted > 0


async def _lose_power_often(host: HostArena, times: int) -> Crowd[HostArena]:
    async with crowd(host, Size(rooms=6, senders=5)) as people:
        for _ in range(times):
            await people.more_acked(ACKED, within=60 + ACKED / 10)
            await host.lose_power()
        await people.more_acked(500)
    return people


async def _say_and_turn_off(host: HostArena) -> set[str]:
    """The ids of what was acked before the power went."""
    await host.start()
    person = await register(host.parley.base)
    room = await person.create_room()
    said = set()
    for _ in range(200):
        said.add((await person.call("POST", f"/rooms/{room['id']}/messages", 201, json={"content": "x"}))["id"])
    host.turn_off()
    return said


async def _fill_the_disk_often(host: HostArena) -> list[str]:
    async with crowd(host, Size()) as people:
        for _ in range(5):
            await people.more_acked(50)
            with host.disk.full():
                await people.more_refused(5)
                async with asyncio.timeout(30):
                    while await host.is_ready("messaging"):
                        await asyncio.sleep(0.05)
            await host.ready()
        await people.more_acked(50)
    return await people.broken_promises()


def _stored(file: Path) -> set[str]:
    """The ids of all messages; none when the file is damaged or not even there."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            return {row[0] for row in connection.execute("SELECT id FROM messages")}
    except sqlite3.Error:
        return set()
