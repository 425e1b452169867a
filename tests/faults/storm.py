"""Everybody's socket breaks at the same moment, and everybody comes back at the same moment (F23, F24)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats
import orjson
from nats.aio.msg import Msg

from tests.faults.arena import ProxiedArena
from tests.faults.history import violations
from tests.faults.process import descriptors, resident
from tests.faults.watchers import Watchers
from tests.faults.workload import Workload
from tests.system.person import Person, register

ROOMS = 2
MB = 1024 * 1024
MOST_QUERIES = 10  # of a room's history, in one storm
_FEW = 5
_BACKLOG = 20
_WHILE_AWAY = [0.5 + n / 10 for n in range(30)]  # s


class Storm:
    """Two rooms that people talk in, and very many sockets that look on."""

    def __init__(self, arena: ProxiedArena, owner: Person, works: list[Workload], watchers: Watchers) -> None:
        self.arena = arena
        self.owner = owner
        self.works = works
        self.watchers = watchers

    async def cut_by_a_dead_gateway(self) -> Counter[str]:
        """The gateway dies, and the next one knows of no room; how often each room's history was asked for.

        Messages fall due while there is none, so that everybody has missed something.
        """
        for work in self.works:
            await work.schedule(self.owner, _WHILE_AWAY)
        return await self._queries_until_back(self.arena.kill("gateway"))

    async def cut_by_the_network(self) -> Counter[str]:
        """Every socket is reset; the same."""
        return await self._queries_until_back(asyncio.to_thread(self.watchers.cut))

    async def cut_while_messaging_is_away(self) -> int:
        """They come back to a gateway that can let nobody in, until it can; by how many bytes the gateway grew."""
        pid = self.arena.parley.pid("gateway")
        before, let_in = resident(pid), self.watchers.ready
        self.arena.proxies["messaging"].cut()
        ends = [len(one.ends) for one in self.watchers.all]
        self.watchers.cut()
        async with asyncio.timeout(60):  # each is refused once at least
            while any(len(one.ends) < count + 2 for one, count in zip(self.watchers.all, ends, strict=True)):
                await asyncio.sleep(0.05)
        grown = resident(pid) - before
        self.arena.proxies["messaging"].heal()
        await self.watchers.back(let_in)
        return grown

    async def more_acked(self, count: int) -> None:
        """People go on talking."""
        wanted = [len(work.history.acked) + count for work in self.works]
        async with asyncio.timeout(60):
            while any(len(work.history.acked) < want for work, want in zip(self.works, wanted, strict=True)):
                await asyncio.sleep(0.02)

    async def broken_promises(self) -> list[str]:
        """What the checker says, once everybody has seen everything."""
        found = []
        for work in self.works:
            found += violations(await work.read_back(self.owner))
        return found

    async def _queries_until_back(self, harm: "asyncio.Future[None] | object") -> Counter[str]:
        let_in = self.watchers.ready
        async with _asked(self.arena) as asked:
            await harm  # type: ignore[misc]
            await self.watchers.back(let_in)
        return asked


@asynccontextmanager
async def storm(arena: ProxiedArena, sockets: int, gap: float = 0.02) -> AsyncIterator[Storm]:
    """So many sockets, let in, in rooms where people talk (`gap` is their pause in seconds).

    At the end they have seen all, and the gateway has closed what it opened for them.
    """
    owner = await register(arena.parley.base, "owner")
    works = [Workload((await owner.create_room())["id"]) for _ in range(ROOMS)]
    watchers = Watchers()
    async with asyncio.TaskGroup() as talking:
        for number, work in enumerate(works):
            speaker = await register(arena.parley.base, f"speaker{number}")
            await speaker.join({"id": work.room_id})
            talking.create_task(work.send_all(speaker, 1_000_000, gap))
        made = Storm(arena, owner, works, watchers)
        await made.more_acked(_BACKLOG)
        idle = descriptors(arena.parley.pid("gateway"))
        for work in works:
            watchers.start(owner, work.room_id, [arena.parley.base], sockets // ROOMS, work.history.listeners)
        await watchers.back([0] * len(watchers.all))
        try:
            yield made
        except BaseException:
            await watchers.stop()
            raise
        finally:
            for work in works:
                work.enough()
    await watchers.reached({work.room_id: work.head for work in works})
    await watchers.stop()
    async with asyncio.timeout(30):
        while descriptors(arena.parley.pid("gateway")) > idle + _FEW:
            await asyncio.sleep(0.05)


@asynccontextmanager
async def _asked(arena: ProxiedArena) -> AsyncIterator[Counter[str]]:
    """Counts meanwhile who asks messaging for entries of which room."""
    counted: Counter[str] = Counter()
    client = await nats.connect(arena.nats.url)

    async def count(message: Msg) -> None:
        counted[orjson.loads(message.data)["room_id"]] += 1

    try:
        await client.subscribe("rpc.messaging.replay", cb=count)
        await client.flush()
        yield counted
        await client.flush()
    finally:
        await client.close()
