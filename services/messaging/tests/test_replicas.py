"""Two replicas on one database keep one order, and one message for one client_id (issue 4)."""

import asyncio
from typing import Any

from services.messaging.app import create_app
from services.messaging.settings import Settings
from services.messaging.tests.world import World
from shared.testing.plugin import running


async def test_two_replicas_share_one_order_and_one_memory(settings: Settings, neighbours: World) -> None:
    world = neighbours
    async with running(create_app(settings)), running(create_app(settings)):
        anna, ben, room_id = await world.pair()
        (first,) = [await world.send(anna, room_id, "root", "root")]
        about = {"room_id": room_id, "message_id": first["message_id"]}

        def group(who: int, number: int) -> list[dict[str, Any]]:
            said = {"by": who, "room_id": room_id, "content": "x", "client_id": f"{number % 20}"}
            return [said, {"by": who, "op": "react", **about, "emoji": chr(0x1F600 + number % 5)}, said]

        answers = await asyncio.gather(
            *(world.commands([anna, ben], group(number % 2, number // 2)) for number in range(120))
        )
        entries = await world.entries(room_id)
        assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
        created = [entry for entry in entries if entry["type"] == "message.created"]
        assert len(created) == 1 + 2 * 20
        keys = {(entry["message"]["author"]["id"], entry["message"]["client_id"]) for entry in created}
        assert len(keys) == len(created)
        numbers = {entry["message"]["id"]: entry["seq"] for entry in created}
        for said, _, again in answers:
            assert said == again
            assert numbers[said["message_id"]] == said["seq"]
        assert len([entry for entry in entries if entry["type"] == "reaction.added"]) == 2 * 5
