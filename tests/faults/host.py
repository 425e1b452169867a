"""Hosts whose power is cut and whose disks are full (F14, F17): arenas that store on a disk of their own."""

from pathlib import Path

from shared.testing.postgres import Postgres
from tests.faults.arena import SERVICES, Arena
from tests.faults.disk import Disk


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
        self.power_off()
        self.disk.unmount()
        self.disk.mount()

    def power_off(self) -> None:
        """kill -9 of all that runs."""
        self.parley.power_off()

    async def lose_power(self) -> None:
        """The host goes off and comes back."""
        self.turn_off()
        await self.start()


class PostgresHostArena(HostArena):
    """The same with PostgreSQL, on the same disk as JetStream; `options` are settings of its server."""

    def __init__(self, folder: Path, disk: Disk, options: dict[str, str] | None = None) -> None:
        self.postgres = Postgres(fsync=True, folder=disk.path / "postgres", options=options)
        self.postgres.start()
        self.urls = {name: self.postgres.create_database() for name in SERVICES if name != "gateway"}
        super().__init__(folder, disk, {f"{name.upper()}_DATABASE_URL": url for name, url in self.urls.items()})

    async def start(self) -> None:
        if not self.postgres.is_running:
            self.postgres.start()
        await super().start()

    def power_off(self) -> None:
        super().power_off()
        self.postgres.kill()

    def close(self) -> None:
        try:
            super().close()
        finally:
            self.postgres.stop()
