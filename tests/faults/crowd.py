"""Many people in several rooms at once, while something happens to what serves them."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from tests.faults.history import removals, violations
from tests.faults.workload import Workload
from tests.system.person import Person, register

_WITHOUT_END = 1_000_000


class Place(Protocol):
    """Where people meet, as processes, as containers or otherwise."""

    def base(self, number: int) -> str:
        """Which gateway the person of this number uses."""

    async def ready(self) -> None:
        """Until every service says that it is ready."""

    async def admin(self) -> Person:
        """The first admin, logged in."""


_A = TypeVar("_A", bound=Place)


@dataclass(frozen=True)
class Size:
    """How many rooms, and what each has. `gap` is a sender's pause between an ack and the next message (s)."""

    rooms: int = 3
    senders: int = 3
    listeners: int = 1
    gap: float = 0.005


class Crowd(Generic[_A]):
    """Its workloads, one a room, all in the hands of one owner, and everybody who has a session."""

    def __init__(self, arena: _A, owner: Person) -> None:
        self.arena = arena
        self.owner = owner
        self.workloads: list[Workload] = []
        self.everybody = [owner]

    @property
    def acked(self) -> int:
        """How many messages were acked so far."""
        return sum(len(work.history.acked) for work in self.workloads)

    @property
    def reconnects(self) -> int:
        """How many connections broke so far."""
        return sum(work.reconnects for work in self.workloads)

    async def more_acked(self, count: int, within: float = 60.0) -> None:
        """Until so many more were acked: whatever happened is over."""
        await _more(lambda: self.acked, count, within)

    async def more_removed(self, count: int, within: float = 60.0) -> None:
        """Until so many more guests were sent away."""
        await _more(lambda: self._removed, count, within)

    async def more_refused(self, count: int, within: float = 30.0) -> None:
        """Until so many more were told to try later: a fault of the store has bitten."""
        await _more(lambda: self.refusals.total(), count, within)

    @property
    def _removed(self) -> int:
        return sum(work.history.removed for work in self.workloads)

    @property
    def refusals(self) -> Counter[str]:
        """What senders were told instead of an ack so far, by code."""
        return sum((work.refusals for work in self.workloads), Counter[str]())

    async def broken_promises(self) -> list[str]:
        """What the checker says of every room."""
        found = []
        for work in self.workloads:
            found += violations(await work.read_back(self.owner))
        return found

    async def kicks_noted(self, within: float = 60.0) -> tuple[int, int]:
        """Removals in the rooms' own order, and those that moderation's audit log has: an effect across services.

        The log may be a little behind; it is waited for, and looked at once more in the end.
        """
        admin = await self.arena.admin()
        told = sum(removals(work.history.log) for work in self.workloads)
        deadline = time.monotonic() + within
        while (noted := await self._audited(admin)) < told and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
        return told, noted

    async def _audited(self, admin: Person) -> int:
        return sum([await audited_kicks(admin, work.room_id) for work in self.workloads])


async def _more(counted: Callable[[], int], count: int, within: float) -> None:
    wanted = counted() + count
    async with asyncio.timeout(within):
        while counted() < wanted:
            await asyncio.sleep(0.02)


@asynccontextmanager
async def crowd(arena: _A, size: Size) -> AsyncIterator[Crowd[_A]]:
    """A crowd that is busy inside of this; at the end everybody has sent and seen everything."""
    owner = await register(arena.base(0), "owner")
    made = Crowd(arena, owner)
    async with asyncio.TaskGroup() as everyone:
        senders = []
        for number in range(size.rooms):
            work = Workload((await owner.create_room())["id"])
            made.workloads.append(work)
            people = [await _member(arena.base(n), work, f"r{number}s{n}") for n in range(size.senders)]
            made.everybody += people
            senders += [everyone.create_task(work.send_all(who, _WITHOUT_END, size.gap)) for who in people]
            for one in range(size.listeners):
                watching = Person(arena.base(one), owner.username, owner.tokens, {"id": owner.id})
                everyone.create_task(work.listen(watching, f"room {number} listener {one}"))
        guest = await register(arena.base(0), "guest")
        made.everybody.append(guest)
        senders.append(everyone.create_task(made.workloads[0].intrude(guest, owner)))
        yield made
        for work in made.workloads:
            work.enough()
        async with asyncio.timeout(60):
            await asyncio.gather(*senders)
        await arena.ready()
        with suppress(TimeoutError):  # the checker says of it what is to be said
            await made.workloads[0].settle(owner)
        for work in made.workloads:
            work.finish()


async def _member(base: str, work: Workload, name: str) -> Person:
    person = await register(base, name)
    await person.join({"id": work.room_id})
    return person


async def audited_kicks(admin: Person, room_id: str) -> int:
    """How many removals of a room's members moderation's audit log has."""
    count = 0
    cursor: str | None = None
    while True:
        query = {"room_id": room_id, "limit": 100} | ({"cursor": cursor} if cursor else {})
        page = await admin.call("GET", "/moderation/audit", 200, params=query)
        count += len([entry for entry in page["items"] if entry["action"] == "kick"])
        cursor = page["next_cursor"]
        if cursor is None:
            return count
