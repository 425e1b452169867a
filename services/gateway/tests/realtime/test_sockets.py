"""What ends a socket that joins no room: too many frames, and a token whose time is over (REALTIME.md, *Closing*)."""

import asyncio
import json
import time
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from services.gateway.tests.conftest import Start, World
from shared.ids import new_id

PATIENCE = 10


async def heard(socket: ClientConnection) -> tuple[list[dict[str, Any]], int]:
    """Every frame until the server closes, and the code with which it does."""
    frames = []
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                frames.append(json.loads(await socket.recv()))
    except ConnectionClosed as end:
        assert end.rcvd is not None, "it ended without a word"
        return frames, end.rcvd.code


def opened(world: World, token: str) -> connect:
    return connect(f"{world.url.replace('http', 'ws', 1)}/ws", additional_headers={"Authorization": f"Bearer {token}"})


async def test_too_many_frames_are_refused_and_twice_as_many_are_the_end(start: Start) -> None:
    async with start(parley_limit_frames="5/10 minutes") as world:
        async with opened(world, world.auth.token(new_id())) as socket:
            for number in range(11):
                await socket.send(json.dumps({"type": "ping", "id": number}))
            frames, code = await heard(socket)
    assert [frame["type"] for frame in frames] == ["pong"] * 5 + ["error"] * 5
    assert all(frame["code"] == "rate_limited" and frame["retry_after"] > 0 for frame in frames[5:])
    assert code == 4429


async def test_a_token_s_end_is_the_socket_s_unless_a_fresh_one_comes(world: World) -> None:
    user_id = new_id()
    soon = int(time.time()) + 4
    fresh = world.auth.token(user_id)
    ending, kept = (opened(world, world.auth.token(user_id, exp=soon)) for _ in range(2))
    async with ending as one, kept as other:
        await other.send(json.dumps({"type": "auth.refresh", "token": fresh}))
        frames, code = await heard(one)
        assert [frame["type"] for frame in frames] == ["token.expiring"] and code == 4401
        assert time.time() > soon - 1, "not before"
        await other.send(json.dumps({"type": "ping", "id": "still here"}))
        answer: dict[str, Any] = {"type": "token.expiring"}
        while answer["type"] == "token.expiring":  # told once, unless the fresh token came first
            answer = json.loads(await asyncio.wait_for(other.recv(), PATIENCE))
        assert answer == {"type": "pong", "id": "still here"}
