"""Every mutant is caught by the invariant that its protection keeps (RELIABILITY.md §3.3)."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.faults import catalogue
from tests.faults.arena import ProxiedArena, running
from tests.faults.catalogue import Fault
from tests.faults.crowd import Size, crowd
from tests.faults.mutants.breaking import mutated
from tests.faults.mutants.mutants import MUTANTS
from tests.faults.test_tail import lose_the_tail

# What brings each to light, and which invariants it breaks.
CAUGHT: dict[str, tuple[tuple[Fault, ...], tuple[str, ...]]] = {
    "same_client_id_twice": ((catalogue.kill_gateway, catalogue.cut_clients), ("I2", "I7")),
    "ack_before_commit": ((catalogue.kill_messaging,), ("I3", "I4", "I9", "I1")),
    "anybody_may_post": ((), ("I10",)),
    "the_muted_may_post": ((), ("I10",)),
    "no_gap_repair": ((catalogue.cut_gateway,), ("I6",)),
    "no_duplicate_drop": ((catalogue.repeat_old_events,), ("I6",)),
    "no_refill_no_pull": ((catalogue.wipe_nats_unheard,), ("I12",)),
    "fetch_before_subscribe_no_gap_repair": ((catalogue.kill_gateway, catalogue.cut_clients), ("I6",)),
}
ELSEWHERE = {
    "no_flush_to_disk": "test_disk.py: it takes a power cut",
    "numbers_from_memory": "test_disk.py: it takes a commit that fails",
    "no_epoch": "test_restore.py: it takes a backup that is restored",
    "no_head_check": "below: it takes silence after the loss",
}


def test_every_mutant_has_its_test() -> None:
    assert CAUGHT.keys() | ELSEWHERE.keys() == MUTANTS.keys()


@pytest.mark.parametrize("mutant", sorted(CAUGHT))
async def test_the_loss_of_a_protection_is_seen(mutant: str, tmp_path: Path) -> None:
    faults, invariants = CAUGHT[mutant]
    rng = random.Random(1)
    async with running(ProxiedArena(tmp_path, mutated(mutant))) as place:
        async with crowd(place, Size()) as people:
            await people.more_acked(200)
            for _ in range(3):
                for fault in faults:
                    await fault(people, rng)
                    await people.more_acked(50)
        broken = await people.broken_promises()
        async with asyncio.timeout(30):
            told, noted = await people.kicks_noted()
    if told != noted:
        broken.append(f"I12 {told} were removed, {noted} removals are in the audit log")
    assert any(one.startswith(invariants) for one in broken), f"{mutant} was not caught: {broken}"


async def test_the_loss_of_the_head_check_is_seen(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError):
        await lose_the_tail(ProxiedArena(tmp_path, mutated("no_head_check")))
