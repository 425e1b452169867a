"""The people that sockets are shown: asked of auth together, kept, and forgotten when auth says so."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.gateway.realtime.people import People
from services.gateway.tests.world import settings_for
from shared.bus import Bus
from shared.ids import new_id
from shared.testing.nats import NatsServer
from shared.testing.waiting import eventually


class Auth:
    """Answers `rpc.auth.users`, and remembers each question."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    async def users(self, question: dict[str, list[str]]) -> Any:
        """Those that it has heard of: all but nobody."""
        self.asked.append(question["ids"])
        return {
            "users": [{"id": user_id, "asked": len(self.asked)} for user_id in question["ids"] if user_id != "nobody"]
        }


@pytest.fixture
async def bus(nats_server: NatsServer) -> AsyncIterator[Bus]:
    """A connection that may ask itself."""
    bus = Bus("auth", settings_for(nats_server))
    async with bus.connected():
        yield bus


@pytest.fixture
async def auth(bus: Bus) -> Auth:
    """Auth, there."""
    auth = Auth()
    await bus.serve("users", auth.users)
    await bus.ping()
    return auth


async def test_who_comes_while_auth_is_asked_is_asked_for_together(bus: Bus, auth: Auth) -> None:
    people, ids = People(bus), [new_id() for _ in range(250)]
    shown = await asyncio.gather(*(people.get(user_id) for user_id in [*ids, *ids, "nobody"]))
    assert [user and user["id"] for user in shown] == [*ids, *ids, None]
    assert sorted(len(asked) for asked in auth.asked) == [51, 100, 100]
    assert await people.get(ids[0]) == shown[0] and len(auth.asked) == 3
    await people.stop()


async def test_who_gives_up_waiting_takes_the_answer_from_nobody(bus: Bus, auth: Auth) -> None:
    people, user_id = People(bus), new_id()
    impatient, patient = (asyncio.create_task(people.get(user_id)) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await patient or {})["id"] == user_id
    await people.stop()


async def test_who_has_changed_is_asked_for_again(bus: Bus, auth: Auth) -> None:
    people, user_id = People(bus), new_id()
    await people.follow()
    assert (await people.get(user_id) or {})["asked"] == 1
    subject = f"auth.user.{user_id}.updated"
    await bus.publish(subject, f'[{{"subject": "{subject}"}}]'.encode())
    await eventually(lambda: people.known(user_id) is None)
    assert (await people.get(user_id) or {})["asked"] == 2
    await people.stop()


async def test_nobody_waits_for_auth_for_long(bus: Bus) -> None:
    people = People(bus)
    assert await people.get(new_id()) is None
    await people.stop()
