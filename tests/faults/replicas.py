"""Two gateways and two messaging replicas on one PostgreSQL."""

import signal
from pathlib import Path

from shared.testing.nats import NatsServer
from shared.testing.postgres import Postgres
from tests.faults.arena import SERVICES, Arena
from tests.faults.logs import in_the_log, secrets_of
from tests.faults.replica import Replica

# deploy/nats/config.py has the same: who does not answer for ten seconds is asked nothing more.
_AS_DEPLOYED = 'ping_interval: "5s"\nping_max: 2'


class ReplicatedArena(Arena):
    """Everything on PostgreSQL, gateway and messaging twice; every other person uses the second gateway."""

    def __init__(self, folder: Path, postgres: Postgres, environment: dict[str, str] | None = None) -> None:
        self.nats = NatsServer(_AS_DEPLOYED)
        self.nats.start()
        urls = {f"{name.upper()}_DATABASE_URL": postgres.create_database() for name in SERVICES if name != "gateway"}
        super().__init__(folder, {"NATS_URL": self.nats.url, **urls, **(environment or {})})
        self.second: dict[str, Replica] = {}

    def base(self, number: int) -> str:
        return f"http://127.0.0.1:{self.second['gateway'].port}" if number % 2 else self.parley.base

    async def start(self) -> None:
        await super().start()
        for name in ("messaging", "gateway"):
            self.second[name] = Replica(self, name)
            await self.second[name].start()

    async def replace(self, name: str) -> None:
        """kill -9 the second one, and start another."""
        self.second[name].end(signal.SIGKILL)
        await self.second[name].start()

    def close(self) -> None:
        try:
            for replica in reversed(self.second.values()):
                assert not replica.is_running or replica.end(signal.SIGTERM) == 0
                assert not (found := in_the_log(replica.log(), secrets_of(self.parley.var))), found
        finally:
            try:
                super().close()
            finally:
                self.nats.close()
