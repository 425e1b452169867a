"""Who sent is answered before a room's sockets are written to: with a thousand of them that takes ten milliseconds."""

import json
from typing import Any

from services.gateway.tests.realtime.conftest import until


async def test_the_ack_comes_before_the_news_of_the_same_moment(opened: Any) -> None:
    async with opened() as socket:
        await until(socket, "ready")
        for number in range(10):
            await socket.send(json.dumps({"type": "message.send", "client_id": f"c{number}", "content": "hello"}))
            frames = await until(socket, "message.created")
            assert [frame["type"] for frame in frames] == ["ack", "message.created"]
