"""Use without end: people who talk, and people whose sockets stay, go and come back (RELIABILITY.md §6)."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.faults.arena import Arena
from tests.faults.crowd import Crowd, Size, crowd
from tests.faults.meanwhile import meanwhile
from tests.faults.watchers import Watcher, Watchers
from tests.system.person import Person, register

_AT_ONCE = 10
_RENEW = 300.0  # seconds; an access token is good for fifteen minutes


@dataclass(frozen=True)
class Load:
    """Each person looks on in so many rooms, by one socket each; `churn` is of sockets a second."""

    rooms: int = 25
    senders: int = 2  # in each room
    people: int = 90
    rooms_each: int = 5
    gap: float = 0.235
    churn: float = 10.0

    @property
    def sockets(self) -> int:
        """Of all of them."""
        return self.people * self.rooms_each + self.rooms * self.senders


@asynccontextmanager
async def in_use(place: Arena, load: Load) -> AsyncIterator[Crowd[Arena]]:
    """Some talk in each room, and everybody's sockets look on; at the end they have seen everything.

    Every room's history has been read back then.
    """
    watchers = Watchers()
    try:
        async with crowd(place, Size(load.rooms, load.senders, listeners=0, gap=load.gap)) as people:
            lookers: list[Person] = []
            for start in range(0, load.people, _AT_ONCE):
                numbers = range(start, min(start + _AT_ONCE, load.people))
                lookers += await asyncio.gather(*(_look_on(number, people, load, watchers) for number in numbers))
            await watchers.all_in()
            homes = [[one for one in watchers.all if one.person is person] for person in lookers]
            async with meanwhile(_come_and_go(homes, load), _renew([*people.everybody, *lookers])):
                yield people
            await watchers.all_in()
        await _read_back(people, watchers)
    finally:
        await watchers.stop()


async def _look_on(number: int, people: Crowd[Arena], load: Load, watchers: Watchers) -> Person:
    """Somebody new, in rooms of their own choice."""
    base = people.arena.base(0)
    person = await register(base, "looker")
    for turn in range(load.rooms_each):
        work = people.workloads[(number + turn * load.people) % load.rooms]
        await person.join({"id": work.room_id})
        watchers.start(person, work.room_id, [base], 1, work.history.listeners)
    return person


async def _come_and_go(homes: Sequence[Sequence[Watcher]], load: Load) -> None:
    """One person after the other is gone, by turns with a goodbye and without, and comes back with `since`."""
    for number, sockets in enumerate(itertools.cycle(homes)):
        if number % 2:
            await asyncio.gather(*(one.leave() for one in sockets))
        else:
            for one in sockets:
                one.cut()
        await asyncio.sleep(load.rooms_each / load.churn)


async def _renew(everybody: Sequence[Person]) -> None:
    """Nobody's session ends."""
    while True:
        for person in everybody:
            await asyncio.sleep(_RENEW / len(everybody))
            sent = {"refresh_token": person.tokens["refresh_token"]}
            person.tokens.update(await person.call("POST", "/auth/refresh", 200, json=sent))


async def _read_back(people: Crowd[Arena], watchers: Watchers) -> None:
    heads = {}
    for work in people.workloads:
        await work.read_back(people.owner)
        heads[work.room_id] = work.history.log[-1]["seq"]
    await watchers.reached(heads)
