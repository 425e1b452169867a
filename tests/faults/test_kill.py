"""kill -9 of each process in turn during a stream of sends: nothing acked is lost, doubled or out of order.

Invariants I1-I9 over what every client did and saw (RELIABILITY.md F01, F03-F05; the fast part).
"""

import asyncio

from tests.faults.history import violations
from tests.faults.workload import Workload
from tests.system.parley import Parley
from tests.system.person import register

SENDERS, EACH, LISTENERS = 8, 250, 3
VICTIMS = ("messaging", "gateway", "nats", "moderation", "rooms", "auth", "files", "messaging", "gateway")


async def test_nothing_acked_is_lost_doubled_or_out_of_order(parley: Parley) -> None:
    owner = await register(parley.base, "owner")
    room = await owner.create_room()
    people = await asyncio.gather(*(register(parley.base, f"sender{n}") for n in range(SENDERS)))
    for person in people:
        await person.join(room)
    work = Workload(room["id"])
    async with asyncio.TaskGroup() as everyone:
        for number in range(LISTENERS):
            everyone.create_task(work.listen(owner, f"listener {number}"))
        senders = [everyone.create_task(work.send_all(person, EACH, gap=0.02)) for person in people]
        for number, victim in enumerate(VICTIMS, 1):
            await _sent(work, SENDERS * EACH * number // (len(VICTIMS) + 2))
            before = parley.pid(victim)
            parley.kill(victim)
            await _replaced(parley, victim, before)
        await asyncio.gather(*senders)
        work.finish()
    await asyncio.to_thread(parley.wait_ready)
    history = await work.read_back(owner)
    assert violations(history) == []
    assert len(history.stored) == len(history.sends) == SENDERS * EACH
    # the faults did bite
    assert work.reconnects > len(people)
    assert any(send.tries > 1 for send in history.sends)


async def _sent(work: Workload, count: int) -> None:
    async with asyncio.timeout(60):
        while len(work.history.sends) < count:
            await asyncio.sleep(0.02)


async def _replaced(parley: Parley, name: str, before: int) -> None:
    """The supervisor has started another one."""
    async with asyncio.timeout(30):
        while True:
            try:
                if parley.pid(name) != before:
                    return
            except ProcessLookupError:
                pass
            await asyncio.sleep(0.02)
