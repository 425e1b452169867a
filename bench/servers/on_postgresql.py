"""Parley with its databases on a PostgreSQL of its own, whose processes are measured with it."""

from collections.abc import Mapping
from pathlib import Path

from bench.servers.parley import Parley
from shared.testing.postgres import Postgres

_SERVICES = ("auth", "rooms", "messaging", "moderation", "files")
POSTGRESQL = "postgresql"


class ParleyOnPostgresql(Parley):
    """Every commit is flushed, as PostgreSQL does by itself."""

    def __init__(self, folder: Path, rooms: Mapping[str, tuple[int, ...]], people: int) -> None:
        self._postgres = Postgres(fsync=True)
        self._postgres.start()
        try:
            urls = {f"{name.upper()}_DATABASE_URL": self._postgres.create_database() for name in _SERVICES}
            super().__init__(folder, rooms, people, urls)
        except BaseException:
            self._postgres.close()
            raise

    def count_backends(self) -> None:
        """Measure the server's processes from now on: there is one for each connection, made when it is needed."""
        own = {name: pid for name, pid in self.pids.items() if not name.startswith(POSTGRESQL)}
        self.pids = {**own, **{f"{POSTGRESQL} {pid}": pid for pid in self._postgres.pids()}}

    def stop(self) -> None:
        """Ctrl-C, and the end of the server."""
        super().stop()
        self._postgres.close()
