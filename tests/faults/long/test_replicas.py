"""Two gateways and two messaging replicas on one PostgreSQL hold all promises, whichever of them dies."""

import os
import signal
from pathlib import Path

import pytest

from shared.testing.failures import unforeseen
from shared.testing.nats import NatsServer
from shared.testing.postgres import Postgres
from tests.faults.arena import SERVICES, Arena, running
from tests.faults.crowd import Size, crowd
from tests.faults.mutants.breaking import mutated
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
                assert not unforeseen(replica.log())
        finally:
            try:
                super().close()
            finally:
                self.nats.close()


async def test_replicas_keep_one_order(tmp_path: Path, postgres: Postgres) -> None:
    async with running(ReplicatedArena(tmp_path, postgres)) as place:
        async with crowd(place, Size(rooms=3, senders=4, listeners=2)) as people:
            await people.more_acked(200)
            for _ in range(3):
                for name in ("messaging", "gateway"):
                    await place.replace(name)
                    await people.more_acked(100)
                    await place.kill(name)
                    await people.more_acked(100)
                place.nats.wipe()
                await people.more_acked(100)
        assert await people.broken_promises() == []
        told, noted = await people.kicks_noted()
        assert told == noted > 0


async def test_a_sequencer_that_was_stopped_and_goes_on_writes_nothing_late(tmp_path: Path, postgres: Postgres) -> None:
    """F31: whoever holds the turn to write when it is stopped loses it in half a minute, and what it began."""
    async with running(ReplicatedArena(tmp_path, postgres)) as place:
        async with crowd(place, Size(rooms=2, senders=3, listeners=2)) as people:
            for _ in range(2):
                for pid in (place.second["messaging"].pid, place.parley.pid("messaging")):
                    await people.more_acked(50)
                    os.kill(pid, signal.SIGSTOP)
                    try:
                        await people.more_acked(100, within=90)
                    finally:
                        os.kill(pid, signal.SIGCONT)
            await people.more_acked(50)
        assert await people.broken_promises() == []


async def test_two_writers_at_once_are_seen(tmp_path: Path, postgres: Postgres) -> None:
    """What one of them takes for the next number the other has given: statements fail, and calls with them."""
    place = ReplicatedArena(tmp_path, postgres, mutated("writers_at_once"))
    with pytest.raises((AssertionError, ExceptionGroup), match=r"202|duplicate key|sub-exception"):
        async with running(place):
            async with crowd(place, Size(rooms=6, senders=4)) as people:
                await people.more_acked(1000)
    assert "duplicate key" in place.parley.log() + place.second["messaging"].log()
