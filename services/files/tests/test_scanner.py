"""Viruses: what clamd finds is refused, and nothing is kept that it was not asked about."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.files import scanner
from services.files.app import create_app
from services.files.settings import Settings
from services.files.tests.conftest import Person, Service
from services.files.tests.drawn import PNG
from services.files.tests.fake_clamd import EICAR, FakeClamd, clamd_running
from services.files.tests.fake_rooms import FakeRooms
from services.files.tests.only_sqlite import ONLY_SQLITE
from services.files.tests.real_clamd import MOST, best_clamd_running
from services.files.tests.recorded import recorded
from shared.testing.plugin import running
from shared.testing.processes import free_port
from shared.testing.waiting import eventually

pytestmark = ONLY_SQLITE


@pytest.fixture
async def clamd() -> AsyncIterator[FakeClamd]:
    async with clamd_running() as clamd:
        yield clamd


@pytest.fixture
def settings(settings: Settings, clamd: FakeClamd) -> Settings:
    return settings.model_copy(update={"files_clamd_host": "127.0.0.1", "files_clamd_port": clamd.port})


async def test_what_is_clean_is_kept(service: Service, room: str, alice: Person, clamd: FakeClamd) -> None:
    content = b"x" * 1_000_000
    file_id = await service.stored(room, alice, content)
    assert (await service.get(f"/files/{file_id}/content", alice)).content == content
    assert clamd.scanned == [len(content)]
    assert (await service.upload(room, alice, b"")).status_code == 201
    assert clamd.scanned[-1] == 0


async def test_malware_is_refused(service: Service, room: str, alice: Person, clamd: FakeClamd) -> None:
    for content, name in ((EICAR, "a.com"), (b"x" * 300_000 + EICAR, "a.bin"), (PNG + EICAR, "a.png")):
        answer = await service.upload(room, alice, content, name)
        assert (answer.status_code, answer.json()["code"]) == (422, "infected")
    form = {"file": ("a.png", PNG + EICAR)}
    answer = await service.client.post("/api/v1/users/upload-avatar", files=form, headers=alice.headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "infected")
    await eventually(lambda: service.left() == [])
    assert await recorded(service) == []
    assert len(clamd.scanned) == 4


@pytest.mark.parametrize("reply", [b"INSTREAM size limit exceeded. ERROR", b"", b"stream: OKAY", b"x" * 10_000])
async def test_whatever_else_it_says_is_no_leave(
    service: Service, room: str, alice: Person, clamd: FakeClamd, reply: bytes
) -> None:
    clamd.reply = reply or b" "
    answer = await service.upload(room, alice)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    await eventually(lambda: service.left() == [])


async def test_a_limit_of_its_own(service: Service, room: str, alice: Person, clamd: FakeClamd) -> None:
    clamd.most = 200_000
    assert (await service.upload(room, alice, b"x" * 1_500_000)).status_code == 503
    assert (await service.upload(room, alice, b"x" * 100_000)).status_code == 201


async def test_the_best_clamd_that_is_here(
    settings: Settings, rooms: FakeRooms, alice: Person, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder: Path = tmp_path_factory.mktemp("clamd")
    room = await rooms.room(**{alice.user_id: "owner"})
    async with best_clamd_running(folder) as port:
        scanned = settings.model_copy(update={"files_clamd_port": port})
        app = create_app(scanned)
        async with running(app) as client:
            service = Service(app, client, scanned.files_root)
            for content in (b"", b"hello", PNG, b"x" * MOST):
                assert (await service.upload(room, alice, content)).status_code == 201, len(content)
            kept = len(service.left())
            for content, name in ((EICAR, "a.com"), (b"x" * 300_000 + EICAR, "a.bin"), (PNG + EICAR, "a.png")):
                answer = await service.upload(room, alice, content, name)
                assert (answer.status_code, answer.json()["code"]) == (422, "infected")
            answer = await service.upload(room, alice, b"x" * (MOST + 300_000))
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            await eventually(lambda: len(service.left()) == kept)


async def test_while_it_is_silent_nothing_is_kept(
    service: Service, room: str, alice: Person, clamd: FakeClamd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanner, "_IDLE_SECONDS", 0.2)
    clamd.answers = False
    assert (await service.upload(room, alice)).status_code == 503
    await eventually(lambda: service.left() == [])


async def test_while_it_is_away_nothing_is_kept(settings: Settings, rooms: FakeRooms, alice: Person) -> None:
    away = settings.model_copy(update={"files_clamd_port": free_port()})
    room = await rooms.room(**{alice.user_id: "owner"})
    app = create_app(away)
    async with running(app) as client:
        service = Service(app, client, away.files_root)
        answer = await service.upload(room, alice)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        await eventually(lambda: service.left() == [])
