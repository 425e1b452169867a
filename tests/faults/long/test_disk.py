"""F14 and F17: the whole host loses power, and its disk is full (RELIABILITY.md §3.2). Needs root and loop devices."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.arena import Arena, running
from tests.faults.crowd import Size, crowd
from tests.faults.disk import Disk

LOSSES = int(os.environ.get("POWER_LOSSES") or 10)


class HostArena(Arena):
    """Databases, JetStream and files of everything on one disk."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        super().__init__(folder, {}, disk.path / "var")
        self._disk = disk

    async def lose_power(self) -> None:
        """Everything stops at once, and what was not synced is gone; then the host comes back."""
        self._disk.cut_power()
        self.parley.power_off()
        self._disk.unmount()
        self._disk.mount()
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
        async with crowd(host, Size(rooms=6, senders=5)) as people:
            for _ in range(LOSSES):
                await people.more_acked(500)
                await host.lose_power()
            await people.more_acked(500)
        broken = await people.broken_promises()
        told, noted = await people.kicks_noted()
    with capsys.disabled():
        print(f"\n{people.acked} acked, {LOSSES} power losses, {told} kicks, {len(broken)} violations")
    assert broken == []
    assert told == noted > 0


async def test_a_full_disk_refuses_and_recovers(tmp_path: Path, disk: Disk) -> None:
    async with running(HostArena(tmp_path, disk)) as host:
        async with crowd(host, Size()) as people:
            for _ in range(5):
                await people.more_acked(50)
                with disk.full():
                    await people.more_refused(5)
                await host.ready()
            await people.more_acked(50)
        assert await people.broken_promises() == []
