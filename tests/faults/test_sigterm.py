"""F27: SIGTERM in the middle of sends and of scheduled messages falling due: status 0 in time, nothing acked is lost.

Of an upload: services/files/tests/test_kill.py::test_stopped_in_the_middle_of_an_upload. Of a migration:
services/messaging/tests/test_migrations.py::test_a_migration_that_is_stopped_changes_nothing.
"""

import asyncio
import os
import re
import signal
from datetime import UTC, datetime, timedelta

from tests.faults.history import violations
from tests.faults.workload import Workload
from tests.system.parley import Parley
from tests.system.person import Person, register

_SENDERS, _SCHEDULED = 4, 40
_STOPPED = ("messaging", "gateway", "messaging")


async def test_stopped_while_people_send_and_messages_fall_due(parley: Parley) -> None:
    owner = await register(parley.base, "owner")
    room = await owner.create_room()
    people = await asyncio.gather(*(register(parley.base, f"sender{n}") for n in range(_SENDERS)))
    for person in people:
        await person.join(room)
    work = Workload(room["id"])
    later = await owner.create_room()
    due = await _schedule(owner, later["id"])
    async with asyncio.TaskGroup() as everyone:
        everyone.create_task(work.listen(owner, "listener"))
        senders = [everyone.create_task(work.send_all(person, 1_000_000, gap=0.02)) for person in people]
        await _wait_until(due)
        for name in _STOPPED:
            acked = len(work.history.acked)
            await _stopped_in_order(parley, name)
            await _more(work, acked + 20)
        work.enough()
        await asyncio.gather(*senders)
        work.finish()
    await asyncio.to_thread(parley.wait_ready)
    assert violations(await work.read_back(owner)) == []
    async with asyncio.timeout(30):
        while len(said := [one["content"] for one in await owner.history(later["id"])]) < _SCHEDULED:
            await asyncio.sleep(0.1)
    assert sorted(said) == sorted(f"later {number}" for number in range(_SCHEDULED))


async def _schedule(owner: Person, room_id: str) -> datetime:
    """Messages that fall due one after the other, from a few seconds on."""
    start = datetime.now(UTC) + timedelta(seconds=5)
    for number in range(_SCHEDULED):
        at = (start + timedelta(milliseconds=50 * number)).isoformat(timespec="milliseconds")
        body = {"content": f"later {number}", "client_id": f"later-{number}", "send_at": at}
        await owner.call("POST", f"/rooms/{room_id}/messages", 202, json=body)
    return start


async def _wait_until(when: datetime) -> None:
    await asyncio.sleep(max(0.0, (when - datetime.now(UTC)).total_seconds()))  # until then there is nothing to stop


async def _stopped_in_order(parley: Parley, name: str) -> None:
    pid, said = parley.pid(name), len(parley.log())
    os.kill(pid, signal.SIGTERM)
    async with asyncio.timeout(60):
        while not (ended := re.search(rf"{name}: ended with (-?\d+)", parley.log()[said:])):
            await asyncio.sleep(0.05)
    assert ended[1] == "0", "by itself, within the time that a stop may take"


async def _more(work: Workload, wanted: int) -> None:
    async with asyncio.timeout(60):
        while len(work.history.acked) < wanted:
            await asyncio.sleep(0.02)
