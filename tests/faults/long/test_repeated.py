"""Each fault as often as the catalogue asks (RELIABILITY.md §3.2), and what its row asks besides I1 to I16."""

import os
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults import catalogue
from tests.faults.arena import ProxiedArena, running
from tests.faults.catalogue import OTHERS, VICTIMS, Fault, killed, paused, unheard_by
from tests.faults.crowd import Size, crowd
from tests.faults.footprint import nothing_left
from tests.faults.test_tail import lose_the_tail

ACKED = int(os.environ.get("FAULT_ACKED") or 10_000)


@dataclass(frozen=True)
class Row:
    """These faults in turn, each so many times.

    At least `acked` messages are acked meanwhile. `answered`: every send on an open socket was; `stored`: none was
    refused, because whoever stores was there all the time.
    """

    faults: Sequence[Fault]
    times: int
    acked: int = 0
    answered: bool = True
    stored: bool = False


ROWS = {
    "F01": Row([catalogue.kill_messaging], 20, acked=ACKED),
    "F03": Row([catalogue.kill_gateway], 20),
    "F04": Row([killed(name) for name in OTHERS], 10, stored=True),
    "F05": Row([catalogue.kill_nats], 20),
    "F06": Row([catalogue.messaging_in_a_black_hole], 10),
    "F07": Row([catalogue.gateway_in_a_black_hole, catalogue.cut_gateway], 10),
    "F08": Row([unheard_by(name) for name in ("gateway", "messaging")], 10),
    "F09": Row([catalogue.cut_clients], 10),
    "F10": Row([paused(victim) for victim in VICTIMS], 5),
    "F13": Row([catalogue.wipe_nats, catalogue.wipe_nats_unheard], 5),
    "F16": Row([catalogue.lock_the_database], 10),
    "F18": Row([catalogue.fail_the_disk], 5),
    "F35": Row([catalogue.damage_the_store_of_nats], 5),
}


@pytest.mark.parametrize("name", sorted(ROWS))
async def test_again_and_again(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = ROWS[name]
    rng = random.Random(name)
    longest = 0.0
    async with running(ProxiedArena(tmp_path)) as place, nothing_left(place):
        async with crowd(place, Size(rooms=6, senders=5)) as people:
            await people.more_acked(100)
            for number in range(row.times * len(row.faults)):
                await row.faults[number % len(row.faults)](people, rng)
                healed = time.monotonic()
                await people.more_acked(1)
                longest = max(longest, time.monotonic() - healed)
                await place.ready()  # who is killed before it ever was is not started again
                await people.more_acked(max(20, row.acked // row.times))
        broken = await people.broken_promises()
        told, noted = await people.kicks_noted()
    slowest = max(work.slowest for work in people.workloads)
    unanswered = sum(work.unanswered for work in people.workloads)
    with capsys.disabled():
        print(f"\n{name}: {people.acked} acked, {number + 1} faults, {told} kicks, {len(broken)} violations;")
        print(f"  the first ack after {longest:.2f} s at most, the slowest answer after {slowest:.2f} s")
        print(f"  {people.reconnects} connections broke, refused: {dict(people.refusals)}, unanswered: {unanswered}")
    assert broken == []
    assert told == noted > 0
    assert people.acked >= row.acked
    assert not row.answered or unanswered == 0
    assert not row.stored or people.refusals["unavailable"] == 0


async def test_a_lost_last_entry_is_seen_every_time(tmp_path: Path) -> None:
    """F22"""
    await lose_the_tail(ProxiedArena(tmp_path), times=10)
