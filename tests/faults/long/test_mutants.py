"""Every mutant is caught by the invariant that its protection keeps (RELIABILITY.md §3.3)."""

import random
from pathlib import Path
from typing import Any

import pytest

from tests.faults import catalogue
from tests.faults.arena import Arena, ProxiedArena, running
from tests.faults.catalogue import Fault
from tests.faults.crowd import Crowd, Size, crowd
from tests.faults.history import of_effects
from tests.faults.mutants.breaking import mutated
from tests.faults.mutants.mutants import MUTANTS
from tests.faults.rolling import TwoGateways, in_use, restart_the_gateways
from tests.faults.slow import leave_unread
from tests.faults.storm import MOST_QUERIES, storm
from tests.faults.test_tail import lose_the_tail


async def remove_many(people: Crowd[Any], rng: random.Random) -> None:
    """A guest who is removed looks on for the blink of an eye: not each time is anything said just then."""
    await people.more_removed(12)


# What brings each to light, and which invariants it breaks.
CAUGHT: dict[str, tuple[tuple[Fault, ...], tuple[str, ...]]] = {
    "same_client_id_twice": ((catalogue.kill_gateway, catalogue.cut_clients), ("I2", "I7")),
    "ack_before_commit": ((catalogue.kill_messaging,), ("I3", "I4", "I9", "I1")),
    "anybody_may_post": ((), ("I10",)),
    "the_muted_may_post": ((), ("I10",)),
    "checked_a_moment_ago": ((), ("I10",)),
    "the_removed_stay": ((remove_many,), ("I10",)),
    "no_gap_repair": ((catalogue.cut_gateway,), ("I6",)),
    "no_duplicate_drop": ((catalogue.repeat_old_events,), ("I6",)),
    "no_refill_no_pull": ((catalogue.wipe_nats_unheard,), ("I12",)),
    "no_outbox_row_no_pull": ((catalogue.kill_rooms_before_it_told,), ("I12",)),
    "applied_again_noted_again": ((catalogue.repeat_what_rooms_told,), ("I11",)),
    "fetch_before_subscribe_no_gap_repair": ((catalogue.kill_gateway, catalogue.cut_clients), ("I6",)),
}
ELSEWHERE = {
    "no_flush_to_disk": "test_disk.py: it takes a power cut",
    "numbers_from_memory": "test_disk.py: it takes a commit that fails",
    "no_epoch": "test_restore.py: it takes a backup that is restored",
    "cursor_in_memory_first": "test_disk.py: it takes a commit that fails",
    "writers_at_once": "test_replicas.py: it takes two of them",
    "no_head_check": "below: it takes silence after the loss",
    "slow_readers_are_kept": "below: it takes readers that are slow",
    "no_single_flight": "below: it takes a storm",
    "drained_at_once": "below: it takes a gateway that is stopped in order",
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
        told, noted = await people.kicks_noted(within=20)
    broken += of_effects(told, noted)
    assert any(one.startswith(invariants) for one in broken), f"{mutant} was not caught: {broken}"


async def test_the_loss_of_the_head_check_is_seen(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError):
        await lose_the_tail(ProxiedArena(tmp_path, mutated("no_head_check")), times=3)


async def test_slow_readers_that_are_kept_are_seen(tmp_path: Path) -> None:
    async with running(Arena(tmp_path, mutated("slow_readers_are_kept"))) as place:
        ends = await leave_unread(place.parley, sockets=3)
    assert {code for code, _ in ends} == {0}


async def test_the_loss_of_the_single_flight_is_seen(tmp_path: Path) -> None:
    async with running(ProxiedArena(tmp_path, mutated("no_single_flight"))) as place:
        async with storm(place, sockets=300) as people:
            asked = await people.cut_by_a_dead_gateway()
    assert max(asked.values()) > MOST_QUERIES


async def test_a_drain_that_is_not_spread_is_seen(tmp_path: Path) -> None:
    async with running(TwoGateways(tmp_path, mutated("drained_at_once"))) as place:
        async with in_use(place, sockets=20) as (_, watchers):
            waits = await restart_the_gateways(place, watchers)
    assert max(waits) - min(waits) <= 2_500
