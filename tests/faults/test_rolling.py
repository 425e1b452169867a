"""F25, F26: every process is stopped in order and started again, while people use it (the fast part)."""

from pathlib import Path

from tests.faults.arena import running
from tests.faults.rolling import TwoGateways, in_use, restart_the_gateways, restart_the_others

SOCKETS = 40


async def test_a_rolling_restart_loses_nothing(tmp_path: Path) -> None:
    async with running(TwoGateways(tmp_path)) as place:
        async with in_use(place, SOCKETS, haste=10) as (people, watchers):
            waits = await restart_the_gateways(place, watchers)
            assert max(waits) - min(waits) > 2_500
            assert await restart_the_others(place, people) == []
        assert await people.broken_promises() == []
