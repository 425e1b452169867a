"""Two gateways and two messaging replicas on one PostgreSQL hold all promises, whichever of them dies."""

import os
import signal
from pathlib import Path

import pytest

from shared.testing.postgres import Postgres
from tests.faults.arena import running
from tests.faults.crowd import Size, crowd
from tests.faults.footprint import nothing_left
from tests.faults.mutants.breaking import mutated
from tests.faults.replicas import ReplicatedArena


async def test_replicas_keep_one_order(tmp_path: Path, postgres: Postgres) -> None:
    async with running(ReplicatedArena(tmp_path, postgres)) as place, nothing_left(place):
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
    """F31: whoever holds the turn to write when it is stopped loses it in seconds, and what it began."""
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
