"""F23, F24: hundreds of sockets break at once and come back at once (the fast part)."""

from pathlib import Path

from tests.faults.arena import ProxiedArena, running
from tests.faults.storm import MB, MOST_QUERIES, storm

SOCKETS = 200


async def test_everybody_comes_back_and_history_is_asked_for_a_few_times(tmp_path: Path) -> None:
    async with running(ProxiedArena(tmp_path)) as place:
        async with storm(place, SOCKETS) as people:
            for asked in (await people.cut_by_a_dead_gateway(), await people.cut_by_the_network()):
                assert max(asked.values(), default=0) <= MOST_QUERIES, asked
            assert await people.cut_while_messaging_is_away() <= 100 * MB
        assert await people.broken_promises() == []
        refused = [code for one in people.watchers.all for code, _ in one.ends]
        assert refused.count(4503) >= SOCKETS
