"""A socket that ends, however it does, takes nothing from the others in its room."""

import gc
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from services.gateway.realtime.client import Client
from services.gateway.realtime.wire import Wire
from services.gateway.tests.realtime.conftest import FakeMessaging, until
from shared.testing.waiting import eventually
from shared.web.protocol import LimitedHttpProtocol

_ENDS: dict[str, Callable[[ClientConnection], object]] = {
    "a frame that is none": lambda socket: socket.transport.write(b"\x83\x80\x00\x00\x00\x00"),
    "a close frame": lambda socket: socket.transport.write(b"\x88\x80\x00\x00\x00\x00"),
    "the end of what it says": lambda socket: socket.transport.write_eof(),
    "a reset": lambda socket: socket.transport.abort(),
}


@pytest.mark.parametrize("end", _ENDS)
async def test_whoever_stays_sees_everything(messaging: FakeMessaging, opened: Any, end: str) -> None:
    async with opened() as leaving, opened() as staying:
        await until(leaving, "ready")
        await until(staying, "ready")
        leaving.transport.pause_reading()  # so that it takes its time
        _ENDS[end](leaving)
        for number in range(10):
            messaging.write(type="message.created", message={"content": str(number)})
            await messaging.tell(after=number)
            frames = await until(staying, "message.created")
            assert frames[-1]["seq"] == number + 1
        leaving.transport.abort()


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Nobody looks for garbage."""
    gc.disable()
    yield
    gc.enable()


def alive() -> int:
    """What sockets are made of, of all that there are."""
    return len([one for one in gc.get_objects() if type(one) in (Wire, Client, LimitedHttpProtocol)])


@pytest.mark.parametrize("end", [*_ENDS, "our word", "too many mistakes"])
async def test_whoever_left_needs_no_garbage_collection(
    uncollected: None, messaging: FakeMessaging, opened: Any, end: str
) -> None:
    async with opened() as staying:
        await until(staying, "ready")
        before = alive()
        async with opened() as leaving:
            await until(leaving, "ready")
            assert alive() > before
            if end in _ENDS:
                _ENDS[end](leaving)
            elif end == "too many mistakes":
                for _ in range(100):
                    await leaving.send("none")
                with suppress(ConnectionClosed):
                    while True:
                        await leaving.recv()
        await eventually(lambda: alive() <= before)
