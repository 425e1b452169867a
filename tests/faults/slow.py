"""Sockets that never read, among others that do (F20)."""

import asyncio
from contextlib import AsyncExitStack

from tests.faults.process import resident
from tests.system.parley import Parley
from tests.system.person import Person, Sockets, is_entry, register

MB = 1024 * 1024
TEXT = "wörter " * 570  # 4 KB
_GROUPS, _MESSAGES = 10, 80  # 3 MB: more than the kernel and the gateway's bound hold together


async def leave_unread(parley: Parley, sockets: int) -> list[tuple[int, str]]:
    """So many sockets stop reading while much is said; how each of them ended, once it reads again.

    Another socket sees everything meanwhile, the gateway keeps no more than its bound for each, and who was cut goes
    on from where it was.
    """
    owner = await register(parley.base, "owner")
    room = await owner.create_room()
    speaker = await register(parley.base, "speaker")
    await speaker.join(room)
    path = f"/ws/{room['id']}"
    async with AsyncExitStack() as open_sockets:
        slow = [await open_sockets.enter_async_context(owner.socket(path)) for _ in range(sockets)]
        for one in slow:
            await one.until("ready")
            one.connection.transport.pause_reading()
        before = resident(parley.pid("gateway"))
        async with speaker.socket(path) as reader:
            await reader.until("ready")
            last = await _say_much(speaker, room["id"], reader)
            grown = resident(parley.pid("gateway")) - before
            assert reader.numbers(room["id"]) == list(range(3, last + 1))
        for one in slow:
            one.connection.transport.resume_reading()
        ends = await asyncio.gather(*(_end(one) for one in slow))
        assert grown <= 64 * MB
        await _goes_on(owner, room["id"], slow[0], last)
    return list(ends)


async def _say_much(speaker: Person, room_id: str, reader: Sockets) -> int:
    """The number of the last message, which the reader has seen by then."""
    for group in range(_GROUPS):
        for number in range(_MESSAGES):
            await reader.send(type="message.send", client_id=f"{group}-{number}", content=TEXT)
        seen = await reader.until("message.created", lambda f, key=f"{group}-{_MESSAGES - 1}": _key(f) == key)  # type: ignore[misc]
    return int(seen["seq"])


def _key(frame: dict[str, dict[str, str]]) -> str:
    return frame["message"]["client_id"]


async def _end(socket: Sockets) -> tuple[int, str]:
    """As soon as it comes; (0, "") when the socket is still served."""
    try:
        async with asyncio.timeout(5):
            return await socket.closed()
    except TimeoutError:
        return 0, ""


async def _goes_on(owner: Person, room_id: str, cut: Sockets, last: int) -> None:
    """What it saw is without a gap, and the rest comes with `since`."""
    seen = [frame["seq"] for frame in cut.seen if is_entry(frame)]
    assert seen == list(range(3, 3 + len(seen)))
    async with owner.socket(f"/ws/{room_id}", since=3 + len(seen) - 1) as socket:
        await socket.until("caught_up")
        assert socket.numbers(room_id) == list(range(3 + len(seen), last + 1))
