"""`rpc.files.describe`, as messaging asks it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.files.tests.conftest import Person, Service
from services.files.tests.recorded import unsigned
from shared.bus import Bus
from shared.ids import new_id
from shared.problems import Problem
from shared.settings import ProcessSettings
from shared.testing.nats import NatsServer


@pytest.fixture
async def messaging(nats_server: NatsServer) -> AsyncIterator[Bus]:
    """Another service's connection."""
    bus = Bus("messaging", ProcessSettings(nats_url=nats_server.url))
    async with bus.connected():
        yield bus


async def test_describe(service: Service, room: str, alice: Person, messaging: Bus) -> None:
    files = [unsigned((await service.upload(room, alice, name=f"{n}.txt")).json()) for n in range(3)]
    ids = [file["id"] for file in files]
    answer = await messaging.request("rpc.files.describe", {"ids": [*ids, new_id()]})
    assert sorted(answer["files"], key=lambda file: str(file["id"])) == sorted(files, key=lambda file: str(file["id"]))
    assert (await messaging.request("rpc.files.describe", {"ids": []})) == {"files": []}


@pytest.mark.parametrize(
    "payload",
    [None, 1, [], {}, {"ids": None}, {"ids": ["x"]}, {"ids": [1]}, {"ids": [], "more": 1}, {"ids": ["x"] * 101}],
)
async def test_bad_requests_are_answered(service: Service, messaging: Bus, payload: Any) -> None:
    with pytest.raises(Problem) as refused:
        await messaging.request("rpc.files.describe", payload)
    assert refused.value.status == 422
