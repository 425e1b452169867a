"""Everything is restarted, one after the other and in order (SIGTERM), while people use it (F25, F26)."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.faults.arena import ProxiedArena
from tests.faults.crowd import Crowd, Size, crowd
from tests.faults.replica import Replica
from tests.faults.watchers import Watchers
from tests.system.person import Person, api, register

OTHERS = ("auth", "rooms", "messaging", "moderation", "files")
_STOP = 12.0  # how long the supervisor waits before it kills
_AWAY = re.compile(r"retry_after_ms=(\d+)")
_CALLS = {  # one of each service, and what it answers
    "/users/me": 200,
    "/rooms/{room_id}": 200,
    "/rooms/{room_id}/messages": 200,
    "/rooms/{room_id}/restrictions": 200,
    "/files/{room_id}": 404,
}


class TwoGateways(ProxiedArena):
    """A second gateway beside the first."""

    def __init__(self, folder: Path, environment: dict[str, str] | None = None) -> None:
        super().__init__(folder, environment)
        self.second: Replica | None = None

    @property
    def bases(self) -> list[str]:
        """Where both are."""
        assert self.second is not None
        return [self.parley.base, f"http://127.0.0.1:{self.second.port}"]

    def base(self, number: int) -> str:
        return self.bases[number % 2]

    async def start(self) -> None:
        await super().start()
        self.second = Replica(self, "gateway")
        await self.second.start()

    async def drain_first(self) -> None:
        """Stop the first in order; the supervisor starts another."""
        before = self.parley.pid("gateway")
        os.kill(before, signal.SIGTERM)
        async with asyncio.timeout(_STOP):
            await self.replaced("gateway", before)

    async def drain_second(self) -> int:
        """Stop the second in order; its exit status."""
        assert self.second is not None
        async with asyncio.timeout(_STOP):
            return await asyncio.to_thread(self.second.end, signal.SIGTERM)

    async def restart(self, name: str) -> None:
        """Stop a service in order, and wait until another is ready."""
        before = self.parley.pid(name)
        os.kill(before, signal.SIGTERM)
        await self.replaced(name, before)
        await self.ready()

    def close(self) -> None:
        try:
            if self.second is not None and self.second.is_running:
                self.second.end(signal.SIGTERM)
        finally:
            super().close()


@asynccontextmanager
async def calling(base: str) -> AsyncIterator[list[str]]:
    """Somebody calls every service all the time: what was answered, and neither as it should be nor 503 for a while."""
    person = await register(base, "caller")
    room = await person.create_room()
    wrong: list[str] = []
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(_call(person, room["id"], wrong))
        try:
            yield wrong
        finally:
            task.cancel()


async def _call(person: Person, room_id: str, wrong: list[str]) -> None:
    async with api(person.base, person.token) as http:
        while True:
            for path, status in _CALLS.items():
                answer = await http.get(path.format(room_id=room_id))
                later = answer.status_code == 503 and "retry-after" in answer.headers
                if answer.status_code != status and not later:
                    wrong.append(f"{path}: {answer.status_code} {answer.text}")
            await asyncio.sleep(0.1)


@asynccontextmanager
async def in_use(
    place: TwoGateways, sockets: int, haste: float = 1.0
) -> AsyncIterator[tuple[Crowd[TwoGateways], Watchers]]:
    """People talk, and so many sockets look on by both gateways; at the end they have seen everything."""
    watchers = Watchers(haste)
    try:
        async with crowd(place, Size(rooms=1, senders=2)) as people:
            work = people.workloads[0]
            watchers.start(people.owner, work.room_id, place.bases, sockets, work.history.listeners)
            await watchers.back([0] * sockets)
            yield people, watchers
        await work.read_back(people.owner)
        await watchers.reached({work.room_id: work.history.log[-1]["seq"]})
    finally:
        await watchers.stop()


async def restart_the_gateways(place: TwoGateways, watchers: Watchers) -> list[int]:
    """One after the other, the second while NATS is mute; how many milliseconds those sent away were asked to wait."""
    there = len(watchers.all)
    await place.drain_first()
    await watchers.sent_away(there // 2)
    await watchers.all_in()
    place.nats.pause()
    try:
        assert await place.drain_second() == 0
    finally:
        place.nats.resume()
    await watchers.sent_away(there // 2 + there)
    assert place.second is not None
    await place.second.start()
    await watchers.all_in()
    told = [_AWAY.fullmatch(reason) for one in watchers.all for code, reason in one.ends if code == 1001]
    return [int(found[1]) for found in told if found]


async def restart_the_others(place: TwoGateways, people: Crowd[TwoGateways]) -> list[str]:
    """One service after the other; what calls got instead of an answer or 503 with Retry-After."""
    async with calling(place.parley.base) as wrong:
        for name in OTHERS:
            await place.restart(name)
            await people.more_acked(20)
    return wrong
