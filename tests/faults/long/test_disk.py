"""F14 and F17: the whole host loses power, and its disk is full (RELIABILITY.md §3.2). Needs root and loop devices."""

import asyncio
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from shared.testing.nats import NatsServer
from tests.faults.arena import Arena, ProxiedArena, running
from tests.faults.crowd import Crowd, Size, audited_kicks, crowd
from tests.faults.disk import Disk
from tests.faults.mutants.breaking import mutated
from tests.system.person import register

LOSSES = int(os.environ.get("POWER_LOSSES") or 10)


class FollowersDiskArena(Arena):
    """Moderation's database alone is on the disk."""

    def __init__(self, folder: Path, disk: Disk, environment: dict[str, str] | None = None) -> None:
        super().__init__(folder, environment or {})
        self.disk = disk
        self.parley.var.mkdir()
        (self.parley.var / "lock").touch()
        (disk.path / "moderation").mkdir()
        (self.parley.var / "moderation").symlink_to(disk.path / "moderation")


class HostArena(Arena):
    """Databases, JetStream and files of everything on one disk."""

    def __init__(self, folder: Path, disk: Disk, environment: dict[str, str] | None = None) -> None:
        super().__init__(folder, environment or {}, disk.path / "var")
        self.disk = disk

    def turn_off(self) -> None:
        """Everything stops at once, and what was not synced is gone."""
        self.disk.cut_power()
        self.parley.power_off()
        self.disk.unmount()
        self.disk.mount()

    async def lose_power(self) -> None:
        """The host goes off and comes back."""
        self.turn_off()
        await self.start()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A mounted disk."""
    made = Disk(tmp_path, 256)
    made.mount()
    yield made
    made.unmount()


async def test_what_was_acked_survives_power_losses(
    tmp_path: Path, disk: Disk, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running(HostArena(tmp_path, disk)) as host:
        people = await _lose_power_often(host, LOSSES)
        broken = await people.broken_promises()
        told, noted = await people.kicks_noted()
    with capsys.disabled():
        print(f"\n{people.acked} acked, {LOSSES} power losses, {told} kicks, {len(broken)} violations")
    assert broken == []
    assert told == noted > 0


async def test_what_was_not_synced_does_not(tmp_path: Path, disk: Disk) -> None:
    host = HostArena(tmp_path, disk, mutated("no_flush_to_disk"))
    await host.start()
    person = await register(host.parley.base)
    room = await person.create_room()
    said = set()
    for _ in range(200):
        said.add((await person.call("POST", f"/rooms/{room['id']}/messages", 201, json={"content": "x"}))["id"])
    host.turn_off()
    assert not said <= _stored(host.database("messaging"))


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
                while place.parley.log().count("following waits") == waits:
                    await guest.join(room)
                    await owner.call("DELETE", f"/rooms/{room['id']}/members/{guest.id}", 204)
                    told += 1
        admin = await place.admin()
        with suppress(TimeoutError):
            async with asyncio.timeout(15):
                while (noted := await audited_kicks(admin, room["id"])) < told:
                    await asyncio.sleep(0.1)
        return told, noted


async def _lose_power_often(host: HostArena, times: int) -> Crowd[HostArena]:
    async with crowd(host, Size(rooms=6, senders=5)) as people:
        for _ in range(times):
            await people.more_acked(500)
            await host.lose_power()
        await people.more_acked(500)
    return people


async def _fill_the_disk_often(host: HostArena) -> list[str]:
    async with crowd(host, Size()) as people:
        for _ in range(3):
            await people.more_acked(50)
            with host.disk.full():
                await people.more_refused(5)
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
