"""The corpus of hostile JSON on a socket: answered with `error`, or the socket ends with a code of ours."""

from contextlib import AsyncExitStack

import pytest
from websockets.exceptions import ConnectionClosed

from shared.testing.hostile_json import HOSTILE_JSON
from tests.system.person import Person, Sockets
from tests.system.test_sockets import bare

pytestmark = pytest.mark.xdist_group("contract")

_LARGEST = 65_536


async def test_every_hostile_body_is_answered(anna: Person, known: dict[str, str]) -> None:
    path = f"/ws/{known['room_id']}"
    async with AsyncExitStack() as stack:
        socket = await _opened(stack, anna, path)
        for name, body in HOSTILE_JSON:
            await socket.connection.send(body, text=True)
            await socket.send(type="ping", id=name)
            try:
                answer = await socket.until("error")
                assert answer["code"] == "bad_frame", name
                assert (await socket.until("pong"))["id"] == name
            except ConnectionClosed as end:
                assert end.rcvd is not None, f"{name} ended the socket without a word"
                assert end.rcvd.code == _end_for(body), f"{name}: {end.rcvd}"
                socket = await _opened(stack, anna, path)
        await socket.send(type="message.send", client_id="after all", content="still here")
        assert (await socket.until("ack"))["client_id"] == "after all"
    assert [one["content"] for one in await anna.history(known["room_id"])] == ["hello", "still here"]


async def test_a_first_frame_may_be_hostile_too(base: str, known: dict[str, str]) -> None:
    for name, body in HOSTILE_JSON[::10]:
        async with bare(base, f"/ws/{known['room_id']}") as socket:
            await socket.connection.send(body, text=True)
            code, _ = await socket.closed()
            assert code in (4401, 4400, 1009, 1007), f"{name}: {code}"


async def _opened(stack: AsyncExitStack, person: Person, path: str) -> Sockets:
    socket = await stack.enter_async_context(person.socket(path))
    assert (await socket.next())["type"] == "ready"
    return socket


def _end_for(body: bytes) -> int:
    """Too large, not UTF-8, or nonsense once too often."""
    if len(body) > _LARGEST:
        return 1009
    try:
        body.decode()
    except UnicodeDecodeError:
        return 1007
    return 4400
