"""A socket that ends, however it does, takes nothing from the others in its room."""

from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from services.gateway.tests.realtime.conftest import FakeMessaging, until

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
