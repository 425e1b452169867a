"""`rpc.files.describe`, as messaging asks it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.files import export
from services.files.tests.conftest import Person, Service
from services.files.tests.drawn import PNG
from services.files.tests.only_sqlite import ONLY_SQLITE
from services.files.tests.recorded import unsigned
from shared.bus import Bus
from shared.ids import new_id
from shared.problems import Problem
from shared.settings import ProcessSettings
from shared.testing.nats import NatsServer


@pytest.fixture
async def asker(nats_server: NatsServer) -> AsyncIterator[Bus]:
    """Another service's connection."""
    bus = Bus("messaging", ProcessSettings(nats_url=nats_server.url))
    async with bus.connected():
        yield bus


async def test_describe(service: Service, room: str, alice: Person, asker: Bus) -> None:
    files = [unsigned((await service.upload(room, alice, name=f"{n}.txt")).json()) for n in range(3)]
    ids = [file["id"] for file in files]
    answer = await asker.request("rpc.files.describe", {"ids": [*ids, new_id()]})
    assert sorted(answer["files"], key=lambda file: str(file["id"])) == sorted(files, key=lambda file: str(file["id"]))
    assert (await asker.request("rpc.files.describe", {"ids": []})) == {"files": []}


@ONLY_SQLITE
@pytest.mark.parametrize(
    "payload",
    [None, 1, [], {}, {"ids": None}, {"ids": ["x"]}, {"ids": [1]}, {"ids": ["x"] * 101}],
)
async def test_bad_requests_are_answered(service: Service, asker: Bus, payload: Any) -> None:
    with pytest.raises(Problem) as refused:
        await asker.request("rpc.files.describe", payload)
    assert refused.value.status == 422


@ONLY_SQLITE
async def test_what_a_newer_asker_adds_is_ignored(service: Service, asker: Bus) -> None:
    assert await asker.request("rpc.files.describe", {"ids": [], "a_field_of_tomorrow": 1}) == {"files": []}


async def test_export(service: Service, room: str, alice: Person, asker: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [(await service.stored(room, alice, name=f"{n}.txt")) for n in range(2)]
    form = {"file": ("me.png", PNG)}
    shown = (await service.client.post("/api/v1/users/upload-avatar", files=form, headers=alice.headers)).json()
    exported = (await asker.request("rpc.files.export", {"user_id": alice.user_id}))["files"]
    assert [file["id"] for file in exported["files.json"]] == ids
    assert {file["uploaded_by"] for file in exported["files.json"]} == {alice.user_id}
    assert "token" not in str(exported)
    assert exported["avatar.json"]["avatar_url"] == shown["avatar_url"]
    monkeypatch.setattr(export, "PAGE", 1)
    pages = []
    question: dict[str, Any] = {"user_id": alice.user_id}
    while (page := await asker.request("rpc.files.export", question)).get("next"):
        pages += page["files"]["files.json"]
        question["after"] = page["next"]
    assert [file["id"] for file in pages] == ids
    assert page["files"] == {"files.json": []}
    assert await asker.request("rpc.files.export", {"user_id": new_id()}) == {"files": {"files.json": []}}
    with pytest.raises(Problem):
        await asker.request("rpc.files.export", {"user_id": "x"})
