"""What was taken back while somebody's replay was being read is shown to nobody who comes after that."""

import asyncio
import json
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from services.gateway.tests.realtime.conftest import PATIENCE, FakeMessaging, until
from shared.ids import new_id

SECRET = "what should not have been said"


@pytest.mark.parametrize("taken_back", ["message.deleted", "message.updated"], ids=["deleted", "masked"])
async def test_nobody_who_comes_later_is_shown_what_was_taken_back(
    messaging: FakeMessaging, opened: Any, taken_back: str
) -> None:
    messaging.write(type="message.created", message={"content": SECRET})
    messaging.write(type="message.created", message={"content": "hello"})

    async def resume() -> str:
        socket: AbstractAsyncContextManager[ClientConnection] = opened("?since=0")
        async with socket as back:
            frames = await until(back, "caught_up")
        assert [frame["seq"] for frame in frames if frame["type"].startswith("message.")] == [1, 2, 3]
        return json.dumps(frames)

    async with opened() as witness:
        await until(witness, "ready")
        early = asyncio.create_task(resume())
        await asyncio.wait_for(messaging.has_read.wait(), PATIENCE)
        messaging.log[0]["message"] = {"content": ""}
        messaging.write(type=taken_back, message_id=new_id(), message={"content": ""})
        await messaging.tell(after=2)
        await until(witness, taken_back)
        meanwhile = asyncio.create_task(resume())
        messaging.may_answer.set()
        await early
        assert SECRET not in await meanwhile
        assert SECRET not in await resume()
