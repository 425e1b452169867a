"""F02, F19, F30: what takes a failpoint inside of our processes."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.testing.waiting import eventually
from tests.faults.arena import ProxiedArena, running
from tests.faults.crowd import Size, crowd
from tests.faults.history import violations
from tests.faults.mutants.breaking import mutated
from tests.faults.mutants.failpoints import ARMED, CLOCK
from tests.faults.workload import Workload
from tests.system.person import Person, api, login, register

DEATHS = int(os.environ.get("FAULT_DEATHS") or 10)
SCHEDULED = int(os.environ.get("FAULT_SCHEDULED") or 2_000)
_EACH, _ROOMS = 100, 4  # of one person in one room there may be no more
HOUR, DAY = 3600, 86400
_KILLED = "messaging: ended with -9"


async def test_what_was_published_and_not_marked_has_its_effect_once(tmp_path: Path) -> None:
    """F02"""
    armed = tmp_path / "armed"
    environment = {**mutated("dies_before_it_marks", "duplicates_are_forgotten_soon"), ARMED: str(armed)}
    async with running(ProxiedArena(tmp_path, environment)) as place:
        async with crowd(place, Size()) as people:
            armed.touch()
            while place.parley.log().count(_KILLED) < DEATHS:
                await people.more_acked(50)
            armed.unlink()
            await people.more_acked(50)
        assert await people.broken_promises() == []
        told, noted = await people.kicks_noted()
        assert told == noted > 0


class Clock:
    """What time all services take it for: so many seconds later than it is."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self._began = datetime.now(UTC)
        self.jump(0)
        self.environment = {**mutated("another_clock"), CLOCK: str(self._file)}

    def jump(self, seconds: int) -> None:
        """From now on it is so much later, or earlier."""
        new = self._file.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(self._file)

    def in_(self, seconds: float) -> str:
        """So long after the beginning of the test, as our API writes it."""
        return (self._began + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


async def test_numbers_and_schedules_survive_a_clock_that_jumps(tmp_path: Path) -> None:
    """F19"""
    clock = Clock(tmp_path)
    async with running(ProxiedArena(tmp_path, clock.environment)) as place:
        owner = await register(place.parley.base, "owner")
        work, other = Workload((await owner.create_room())["id"]), await owner.create_room()
        later = {"content": "once", "send_at": clock.in_(HOUR)}
        await owner.call("POST", f"/rooms/{other['id']}/messages", 202, json=later)
        async with asyncio.TaskGroup() as everyone:
            sender = everyone.create_task(work.send_all(owner, 1_000_000, 0.02))
            everyone.create_task(work.listen(owner, "listener"))
            for seconds in (0, 2 * HOUR, -DAY, 2 * HOUR, 0):
                clock.jump(seconds)
                await _more_acked(work, 100)
            work.enough()
            await sender
            work.finish()
        assert violations(await work.read_back(owner)) == []
        assert [message["content"] for message in await owner.history(other["id"])] == ["once"]


async def test_a_mute_outlives_a_clock_that_is_set_back(tmp_path: Path) -> None:
    """F19, S131: whatever the clocks of all services say, but that its time is over."""
    clock = Clock(tmp_path)
    async with running(ProxiedArena(tmp_path, clock.environment)) as place:
        owner, guest = [await register(place.parley.base, name) for name in ("owner", "guest")]
        room = await owner.create_room()
        await guest.join(room)
        terms = {"duration_seconds": 2 * HOUR}
        await owner.call("POST", f"/rooms/{room['id']}/mute/{guest.id}", 200, json=terms)
        path, message = f"/rooms/{room['id']}/messages", {"content": "x"}
        for seconds in (0, HOUR, -DAY, 0, -HOUR):
            clock.jump(seconds)
            again = await login(place.parley.base, guest.username)
            assert (await again.call("POST", path, 403, json=message))["code"] == "muted"
        clock.jump(2 * HOUR)
        again = await login(place.parley.base, guest.username)
        await again.call("POST", path, 201, json=message)


async def test_what_is_due_at_once_is_sent_once_and_in_order(tmp_path: Path) -> None:
    """F30: also when messaging is killed in the middle of it."""
    clock = Clock(tmp_path)
    async with running(ProxiedArena(tmp_path, clock.environment)) as place:
        owner = await register(place.parley.base, "owner")
        rooms = [(await owner.create_room())["id"] for _ in range(_ROOMS)]
        people = [await register(place.parley.base, f"person{n}") for n in range(SCHEDULED // (_EACH * _ROOMS))]
        for person in people:
            for room_id in rooms:
                await person.join({"id": room_id})
        await asyncio.gather(*(_schedule(person, clock, rooms) for person in people))
        clock.jump(2 * HOUR)
        await place.kill("messaging")
        again = await login(place.parley.base, owner.username)

        async def all_said() -> bool:
            return sum([len(await again.history(room_id)) for room_id in rooms]) == SCHEDULED

        await eventually(all_said, within=60 + SCHEDULED / 20)
        for room_id in rooms:
            said = [int(message["content"]) for message in await again.history(room_id)]
            assert said == sorted(said)
            assert len(said) == len(set(said)) * len(people) == _EACH * len(people)


async def _schedule(person: Person, clock: Clock, rooms: list[str]) -> None:
    async with api(person.base, person.token) as http:
        for number in range(_EACH):
            for room_id in rooms:
                body = {"content": str(number), "send_at": clock.in_(HOUR + number / 10)}
                assert (await http.post(f"/rooms/{room_id}/messages", json=body)).status_code == 202


async def _more_acked(work: Workload, count: int) -> None:
    wanted = len(work.history.acked) + count
    async with asyncio.timeout(60):
        while len(work.history.acked) < wanted:
            await asyncio.sleep(0.02)
