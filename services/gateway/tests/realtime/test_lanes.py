"""Commands of sockets while messaging says nothing: each is answered, and nobody waits twice (RELIABILITY.md F06)."""

import asyncio
from typing import Any, cast

from services.gateway.limits import Limits
from services.gateway.realtime.client import Client
from services.gateway.realtime.lanes import Lanes, Pending
from services.gateway.tests.world import settings_for
from shared.bus import Bus
from shared.caller import Caller, CallerSigner
from shared.ids import new_id
from shared.testing.nats import NatsServer
from shared.testing.plugin import CALLER_SECRET


class Told:
    """A socket, as a lane knows it."""

    def __init__(self) -> None:
        self.user_id = new_id()
        self.caller = Caller(self.user_id, new_id(), "user", "192.0.2.1")
        self.frames: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def settled(self) -> None:
        """One command less is under way."""

    def answer(self, frames: list[dict[str, Any]]) -> None:
        """What the socket is told."""
        for frame in frames:
            self.frames.put_nowait(frame)


async def test_who_waits_behind_silence_does_not_wait_twice(nats_server: NatsServer) -> None:
    messaging, bus = (Bus(name, settings_for(nats_server)) for name in ("messaging", "gateway"))
    asked: asyncio.Queue[list[str]] = asyncio.Queue()
    silent = asyncio.Event()

    async def answer(question: Any) -> Any:
        asked.put_nowait([command["client_id"] for command in question["commands"]])
        await silent.wait()
        return {"results": [{"seq": 1, "message_id": new_id()} for _ in question["commands"]]}

    async with messaging.connected(), bus.connected():
        serving = await messaging.serve("commands", answer)
        await messaging.ping()
        lanes = Lanes(bus, CallerSigner({"messaging": CALLER_SECRET}), Limits({"messages": "off"}))
        socket = Told()

        def say(name: str) -> None:
            fields = {"op": "send", "room_id": "r", "client_id": name, "content": "x"}
            lanes.submit(Pending(cast(Client, socket), name, fields, 100))

        async with lanes.running(), asyncio.timeout(30):
            say("first")
            assert await asked.get() == ["first"]
            say("second")
            say("third")
            refused = [await socket.frames.get() for _ in range(3)]
            assert [(one["client_id"], one["code"]) for one in refused] == [
                (name, "upstream_timeout") for name in ("first", "second", "third")
            ]
            silent.set()
            say("again")
            assert await asked.get() == ["again"], "who was refused was not stored later"
            assert (await socket.frames.get())["type"] == "ack"
        await serving.unsubscribe()
