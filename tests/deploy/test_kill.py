"""kill -9 of every container in turn while people talk, each started again: nothing acked is lost (F25)."""

from functools import partial

from tests.deploy.load import noticed
from tests.deploy.stack import Stack
from tests.faults.crowd import Size, crowd

VICTIMS = ("messaging", "gateway", "nats", "postgres", "seaweedfs", "files", "rooms", "moderation", "auth")


async def test_nothing_acked_is_lost_whichever_container_dies(stack: Stack, figures: list[str]) -> None:
    async with crowd(stack, Size(rooms=2, senders=3, listeners=1, gap=0.02)) as people:
        await people.more_acked(100)
        for victim in VICTIMS:
            figures.append(await noticed(people, f"kill -9 of {victim}", partial(stack.hurt, victim)))
    assert await people.broken_promises() == []
    told, noted = await people.kicks_noted()
    assert told == noted > 0
    assert people.reconnects > len(people.workloads)
    figures.append(f"after all kills              {people.acked} messages acked, none lost, doubled or out of order")
