"""Online, away, offline: one truth over several gateways (REALTIME.md, *presence*)."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from services.gateway.realtime import presence
from services.gateway.realtime.attention import Attention
from services.gateway.realtime.presence import ANYWHERE, Presence
from services.gateway.tests.world import settings_for
from shared.bus import Bus
from shared.ids import new_id
from shared.testing.nats import NatsServer
from shared.testing.waiting import eventually

PATIENCE = 0.05
LONG = 60.0


@pytest.fixture
async def gateways(nats_server: NatsServer) -> AsyncIterator[list[Presence]]:
    """The presence of two gateways."""
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(2):
            bus = Bus("gateway", settings_for(nats_server))
            await stack.enter_async_context(bus.connected())
            made.append(Presence(bus))
            await stack.enter_async_context(made[-1].running())
        yield made


class Socket:
    """One open socket of somebody's on a gateway."""

    def __init__(self, presence: Presence, user_id: str, patience: float) -> None:
        self._presence, self._user_id = presence, user_id
        self.attention = Attention(presence, user_id, patience)
        presence.enter(ANYWHERE, user_id)
        self.attention.begin()

    def close(self) -> None:
        """Gone."""
        self._presence.leave(ANYWHERE, self._user_id)
        self.attention.end()


async def shown(gateways: list[Presence], user_id: str, status: str) -> None:
    """Every gateway says so."""
    await eventually(lambda: all(each.status(user_id) == status for each in gateways))


async def test_silence_is_absence_until_the_next_frame(gateways: list[Presence]) -> None:
    user_id = new_id()
    socket = Socket(gateways[0], user_id, PATIENCE)
    await shown(gateways, user_id, "away")
    socket.attention.frame()
    await shown(gateways, user_id, "online")
    await shown(gateways, user_id, "away")
    socket.close()
    await shown(gateways, user_id, "offline")


async def test_one_socket_that_is_looked_at_is_enough(gateways: list[Presence]) -> None:
    user_id = new_id()
    silent, looked_at = Socket(gateways[0], user_id, PATIENCE), Socket(gateways[1], user_id, LONG)
    await shown(gateways, user_id, "online")
    looked_at.attention.say(away=True)
    await shown(gateways, user_id, "away")
    looked_at.attention.frame()
    silent.close()
    await shown(gateways, user_id, "away")
    looked_at.attention.say(away=False)
    await shown(gateways, user_id, "online")
    looked_at.close()
    await shown(gateways, user_id, "offline")


async def test_when_somebody_went_is_kept_of_those_who_went_last(
    gateways: list[Presence], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "_MOST_SEEN", 2)
    monkeypatch.setattr(presence, "_GRACE", 0)
    people = [new_id() for _ in range(3)]

    async def gone(user_id: str) -> None:
        gateways[0].enter(ANYWHERE, user_id)
        gateways[0].leave(ANYWHERE, user_id)
        await shown(gateways, user_id, "offline")

    for user_id in (people[0], people[1], people[0], people[2]):
        await gone(user_id)
    assert [gateways[0].last_seen(user_id) is not None for user_id in people] == [True, False, True]


async def test_where_somebody_is_is_known_of_every_gateway(gateways: list[Presence]) -> None:
    here, there = gateways
    user_id, other = new_id(), new_id()
    here.enter("one", user_id)
    here.enter("two", other)
    there.enter("three", user_id)
    await eventually(lambda: all(each.rooms_of(user_id) == {"one", "three"} for each in gateways))
    there.leave("three", user_id)
    await eventually(lambda: all(each.rooms_of(user_id) == {"one"} for each in gateways))
    assert (here.online("one"), there.online("two"), there.rooms_of(new_id())) == ([user_id], [other], set())
