"""Two gateways and two messaging replicas keep one order; back to one of each, nothing is missing."""

import asyncio
from functools import partial

from tests.deploy.load import noticed
from tests.deploy.stack import Stack
from tests.faults.crowd import Size, crowd

_SIZE = Size(rooms=2, senders=4, listeners=2, gap=0.02)


async def test_replicas_keep_one_order_and_may_go_again(stack: Stack, figures: list[str]) -> None:
    both = ("gateway", "messaging")
    two = partial(stack.up, *(f"--scale={service}=2" for service in both), **stack.two_gateways())
    await asyncio.to_thread(two)
    try:
        assert stack.base(0) != stack.base(1)
        async with crowd(stack, _SIZE) as people:
            await people.more_acked(100)
            for number in (0, 1):
                for service in both:
                    kill = partial(stack.hurt, service, number)
                    figures.append(await noticed(people, f"kill -9 of {service} {number + 1} of 2", kill))
            fewer = partial(stack.up, "--scale=gateway=2", "--scale=messaging=1", **stack.two_gateways())
            figures.append(await noticed(people, "messaging from 2 to 1", partial(asyncio.to_thread, fewer)))
        assert await people.broken_promises() == []
        told, noted = await people.kicks_noted()
        assert told == noted > 0
    finally:
        await asyncio.to_thread(stack.up)
    assert [len(stack.containers(service)) for service in both] == [1, 1]
    async with crowd(stack, Size(rooms=1)) as people:
        await people.more_acked(100)
    assert await people.broken_promises() == []
