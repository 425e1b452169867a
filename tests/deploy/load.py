"""What people notice of something that is done to the system while they talk."""

import time
from collections.abc import Awaitable, Callable
from itertools import pairwise

from tests.deploy.stack import Stack
from tests.faults.crowd import Crowd

_AFTERWARDS = 100


async def noticed(people: Crowd[Stack], what: str, do: Callable[[], Awaitable[object]]) -> str:
    """Do it, wait until so many more messages are acked and everything is healthy; a line that says how it went."""
    begun, broken = time.monotonic(), people.reconnects
    await do()
    await people.more_acked(_AFTERWARDS, within=120)
    acked = time.monotonic()
    await people.arena.ready()
    healthy = time.monotonic()
    silence = _longest_silence(people, begun, acked)
    return (
        f"{what:<28} longest time without an ack {silence:5.1f} s, healthy after {healthy - begun:5.1f} s, "
        f"{people.reconnects - broken} connections broke"
    )


def _longest_silence(people: Crowd[Stack], begun: float, ended: float) -> float:
    acks = [send.acked for work in people.workloads for send in work.history.acked if send.acked is not None]
    moments = [begun, *sorted(moment for moment in acks if begun < moment < ended), ended]
    return max(after - before for before, after in pairwise(moments))
