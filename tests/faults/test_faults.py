"""Every fault of the catalogue once, while people talk, are removed and come back (the fast part)."""

import random
from pathlib import Path

from tests.faults.arena import ProxiedArena, running
from tests.faults.catalogue import FAULTS
from tests.faults.crowd import Size, crowd


async def test_every_fault_once(tmp_path: Path) -> None:
    rng = random.Random(20_261_125)
    async with running(ProxiedArena(tmp_path)) as place:
        async with crowd(place, Size()) as people:
            await people.more_acked(100)
            for fault in FAULTS:
                await fault(people, rng)
                await people.more_acked(30)
        assert await people.broken_promises() == []
        told, noted = await people.kicks_noted()
        assert told == noted > 0
        assert people.reconnects > len(people.workloads)
        assert any(send.tries > 1 for work in people.workloads for send in work.history.sends)
