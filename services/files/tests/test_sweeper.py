"""What deletions begin is finished, over crashes and while the store is away."""

from pathlib import Path

import pytest

from services.files import store
from services.files.actions.clear_room import BATCH
from services.files.actions.keep import Upload, keep
from services.files.app import create_app
from services.files.local_blobs import LocalBlobs
from services.files.settings import Settings
from services.files.tests.conftest import Person, Service
from services.files.tests.fake_rooms import FakeRooms
from services.files.tests.recorded import recorded
from shared.database import WriteSession
from shared.testing.plugin import running
from shared.testing.waiting import eventually


async def test_the_files_of_a_deleted_room_go(service: Service, rooms: FakeRooms, room: str, alice: Person) -> None:
    other = await rooms.room(**{alice.user_id: "owner"})
    kept = await service.stored(other, alice)
    ids = [await service.stored(room, alice) for _ in range(3)]
    await rooms.delete(room)
    await eventually(lambda: len(service.left()) == 1)
    for file_id in ids:
        assert (await service.get(f"/files/{file_id}", alice)).status_code == 404
    assert (await service.get(f"/files/{kept}/content", alice)).status_code == 200
    deleted = [data for kind, data in await recorded(service) if kind == "file.deleted"]
    assert deleted == [{"file_id": file_id, "room_id": room} for file_id in ids]


async def test_a_big_room_is_cleared_in_batches(service: Service, rooms: FakeRooms, alice: Person) -> None:
    room = await rooms.room(**{alice.user_id: "owner"})
    await service.stored(room, alice)

    def fill(tx: WriteSession) -> None:
        for number in range(2 * BATCH):
            keep(tx, Upload(room, alice.user_id, "x", "text/plain", 1, f"{number:032x}"), quota=1 << 40)

    await service.db.write(fill)
    await rooms.delete(room)
    await eventually(lambda: service.left() == [])

    async def all_told() -> bool:
        return sum(kind == "file.deleted" for kind, _ in await recorded(service)) == 2 * BATCH + 1

    await eventually(all_told)


async def test_a_store_that_is_away_is_tried_again(
    service: Service, room: str, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    async def away(self: LocalBlobs, key: str) -> None:
        nonlocal tries
        tries += 1
        raise OSError("the store is away")

    file_id = await service.stored(room, alice)
    monkeypatch.setattr("services.files.sweeper._AFTER_FAILURE", 0.05)
    monkeypatch.setattr(LocalBlobs, "remove", away)
    assert (await service.delete(file_id, alice)).status_code == 204
    await eventually(lambda: tries > 2)
    assert len(service.left()) == 1
    monkeypatch.undo()
    await eventually(lambda: service.left() == [])


async def test_a_start_settles_what_a_crash_left(settings: Settings, rooms: FakeRooms, alice: Person) -> None:
    room = await rooms.room(**{alice.user_id: "owner"})
    app = create_app(settings)
    async with running(app) as client:
        service = Service(app, client, settings.files_root)
        blobs: LocalBlobs = app.state.wiring.blobs
        sealed, lost = blobs.receive(), blobs.receive()
        for arrival in (sealed, lost):
            await arrival.write(b"hello")
            await arrival.seal()
            arrival.abandon()
        file_id = await service.stored(room, alice)
        upload = Upload(room, alice.user_id, "a", "text/plain", 5, sealed.key)
        # As after a crash between commit and rename: the row is there, the content still an arrival.
        file = await service.db.write(keep, upload, 1 << 40)
        assert (await service.get(f"/files/{file.id}/content", alice)).content == b"hello"
    (settings.files_root / "arriving" / "rubbish").write_bytes(b"x")
    app = create_app(settings)
    async with running(app) as client:
        service = Service(app, client, settings.files_root)
        assert len(service.left()) == 2
        assert list((settings.files_root / "arriving").iterdir()) == []
        for wanted in (file.id, file_id):
            assert (await service.get(f"/files/{wanted}/content", alice)).content == b"hello"


async def test_a_deletion_is_finished_by_the_next_start(settings: Settings, rooms: FakeRooms, alice: Person) -> None:
    room = await rooms.room(**{alice.user_id: "owner"})
    app = create_app(settings)
    async with running(app) as client:
        service = Service(app, client, settings.files_root)
        file_id = await service.stored(room, alice)
        path = next(path for path in Path(settings.files_root).rglob("*") if path.is_file())
    app = create_app(settings)
    async with app.state.wiring.db.running():
        await app.state.wiring.db.write(store.take_file, file_id)
    assert path.exists()
    async with running(create_app(settings)):
        await eventually(lambda: not path.exists())
