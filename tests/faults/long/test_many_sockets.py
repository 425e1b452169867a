"""F20, F23-F26 with as many sockets as one machine has both ends of."""

import os
from pathlib import Path

import pytest

from tests.faults.arena import Arena, ProxiedArena, running
from tests.faults.beside import read_beside
from tests.faults.rolling import TwoGateways, in_use, restart_the_gateways, restart_the_others
from tests.faults.slow import leave_unread
from tests.faults.storm import MB, MOST_QUERIES, storm

SOCKETS = int(os.environ.get("FAULT_SOCKETS") or 2_000)


async def test_fifty_that_do_not_read(tmp_path: Path) -> None:
    """F20"""
    async with running(Arena(tmp_path, {})) as place:
        assert {code for code, _ in await leave_unread(place.parley, 50)} == {4408}


async def test_a_hundred_and_fifty_read_on_beside_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """F20: how much later others get their messages is printed, since it depends on what else the machine does."""
    async with running(Arena(tmp_path, {})) as place:
        noticed = await read_beside(place.parley, readers=150, sleepers=50)
    with capsys.disabled():
        ratio = noticed.beside / noticed.alone
        print(f"\np99 of deliveries {noticed.alone * 1000:.0f} ms, beside 50 that do not read {ratio:.2f} times that;")
        print(f"  the gateway grew by {noticed.grown / MB:.0f} MiB")
    assert noticed.cut == 50
    assert noticed.grown <= 64 * MB


async def test_everybody_comes_back(tmp_path: Path) -> None:
    """F23, F24"""
    async with running(ProxiedArena(tmp_path, {"PARLEY_MAX_SOCKETS": str(SOCKETS)})) as place:
        async with storm(place, SOCKETS, gap=1.0) as people:
            for asked in (await people.cut_by_a_dead_gateway(), await people.cut_by_the_network()):
                assert max(asked.values(), default=0) <= MOST_QUERIES, asked
            assert await people.cut_while_messaging_is_away() <= 100 * MB
        assert await people.broken_promises() == []


async def test_a_rolling_restart_with_many_sockets(tmp_path: Path) -> None:
    """F25, F26: each socket waits as long as it was told."""
    async with running(TwoGateways(tmp_path)) as place:
        async with in_use(place, SOCKETS // 10) as (people, watchers):
            await restart_the_gateways(place, watchers)
            assert await restart_the_others(place, people) == []
        assert await people.broken_promises() == []
