"""Two gateways and two messaging replicas on one PostgreSQL hold all promises, whichever of them dies."""

from pathlib import Path

from shared.testing.postgres import Postgres
from tests.faults.arena import running
from tests.faults.crowd import Size, crowd
from tests.faults.replicas import ReplicatedArena


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
