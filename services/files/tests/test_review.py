"""What a file may be called is moderation's business, as far as it is there."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.files.tests.conftest import Person, Service
from shared.bus import Bus
from shared.settings import ProcessSettings
from shared.testing.nats import NatsServer
from shared.testing.waiting import eventually


class Moderation:
    """Judges by a word in the name."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []

    async def review(self, request: dict[str, Any]) -> dict[str, Any]:
        """Its verdicts."""
        self.asked += request["texts"]
        return {"verdicts": [_verdict(text["text"]) for text in request["texts"]]}


def _verdict(name: str) -> dict[str, str]:
    if "bad" in name:
        return {"action": "block", "code": "profanity"}
    if "rude" in name:
        return {"action": "mask", "text": name.replace("rude", "****")}
    return {"action": "pass"}


@pytest.fixture
async def moderation(nats_server: NatsServer) -> AsyncIterator[Moderation]:
    """It, on the bus."""
    bus, judge = Bus("moderation", ProcessSettings(nats_url=nats_server.url)), Moderation()
    async with bus.connected():
        await bus.serve("review", judge.review)
        await bus.ping()
        yield judge


async def test_a_name_is_refused_masked_or_taken(
    moderation: Moderation, service: Service, room: str, alice: Person
) -> None:
    refused = await service.upload(room, alice, name="bad.txt")
    assert (refused.status_code, refused.json()["code"]) == (422, "profanity")
    await eventually(lambda: service.left() == [])
    assert (await service.upload(room, alice, name="rude.txt")).json()["name"] == "****.txt"
    assert (await service.upload(room, alice, name="fine.txt")).json()["name"] == "fine.txt"
    about = {"room_id": room, "author_id": alice.user_id, "kind": "file_name"}
    assert moderation.asked == [about | {"text": f"{name}.txt"} for name in ("bad", "rude", "fine")]


async def test_without_moderation_files_are_called_as_people_like(service: Service, room: str, alice: Person) -> None:
    assert (await service.upload(room, alice, name="bad.txt")).json()["name"] == "bad.txt"
