"""A socket that ends, however it does, takes nothing from the others in its room, and leaves nothing behind."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

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


@pytest.mark.parametrize("end", _ENDS)
async def test_what_served_it_is_gone_without_a_garbage_collection(opened: Any, end: str) -> None:
    """A full collection looks at every object of every socket: 0.2 s with a thousand."""
    with _no_garbage_collection():
        plain = _held(LimitedHttpProtocol)
        async with opened() as socket:
            await until(socket, "ready")
            assert _held(Wire) == _held(Client) == 1
            await eventually(lambda: _held(LimitedHttpProtocol) == plain)  # it gave the connection away
            _ENDS[end](socket)
            socket.transport.abort()
            await eventually(lambda: _held(Wire) == _held(Client) == 0)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _held(kind: type) -> int:
    return sum(isinstance(one, kind) for one in gc.get_objects())
