"""The files service on a real broker and a migrated database, next to a rooms that tells it things."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image
from pydantic import SecretStr

from services.files.app import create_app
from services.files.settings import Settings
from services.files.tests.fake_rooms import FakeRooms, outbox_running, rooms_running
from services.files.tests.neighbours import FakeAuth, FakeMessaging
from services.files.tests.seaweed import SeaweedFS
from shared.database import Database
from shared.ids import new_id
from shared.testing.nats import NatsServer
from shared.testing.plugin import CALLER_SECRET, NewDatabase, anonymous_header, caller_header, running

MAX_BYTES = 2_000_000
QUOTA = 10_000_000


@dataclass
class Person:
    """A caller: as whom the gateway says one calls."""

    user_id: str = field(default_factory=new_id)
    role: str = "user"

    @property
    def headers(self) -> dict[str, str]:
        return caller_header("files", self.user_id, role=self.role)


@dataclass
class Service:
    """The running service and what tests look at in it."""

    app: FastAPI
    client: httpx.AsyncClient
    root: Path

    @property
    def db(self) -> Database:
        db: Database = self.app.state.wiring.db
        return db

    def left(self) -> list[str]:
        """Names of all contents on disk, finished or not."""
        return [path.name for path in self.root.rglob("*") if path.is_file()]

    async def upload(
        self, room_id: str, person: Person, content: bytes = b"hello", name: str = "a.txt"
    ) -> httpx.Response:
        """An upload as a browser does it."""
        url = f"/api/v1/rooms/{room_id}/files"
        return await self.client.post(url, files={"file": (name, content)}, headers=person.headers)

    async def stored(self, room_id: str, person: Person, content: bytes = b"hello", name: str = "a.txt") -> str:
        """The id of a newly uploaded file."""
        answer = await self.upload(room_id, person, content, name)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def get(self, path: str, person: Person, **headers: str) -> httpx.Response:
        """A GET below /api/v1."""
        return await self.client.get(f"/api/v1{path}", headers=person.headers | headers)

    async def get_open(self, path: str, **headers: str) -> httpx.Response:
        """A GET below /api/v1 by nobody in particular."""
        url = path if path.startswith("/api/v1") else f"/api/v1{path}"
        return await self.client.get(url, headers=anonymous_header("files") | headers)

    async def delete(self, file_id: str, person: Person) -> httpx.Response:
        """A DELETE of a file."""
        return await self.client.delete(f"/api/v1/files/{file_id}", headers=person.headers)


@pytest.fixture(autouse=True)
def _pillow_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service's limit is Pillow's own for the whole process; the next test has another, or none."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)


@pytest.fixture(scope="session")
def seaweed() -> Iterator[SeaweedFS]:
    """An S3 for the session."""
    server = SeaweedFS()
    server.start()
    yield server
    server.close()


@pytest.fixture
def database_url(new_database: NewDatabase) -> str:
    """A fresh database of this service."""
    return new_database("services.files:migrations")


@pytest.fixture
def settings(database_url: str, nats_server: NatsServer, tmp_path: Path) -> Settings:
    """Settings of a service."""
    return Settings(
        database_url=database_url,
        nats_url=nats_server.url,
        caller_secret=SecretStr(CALLER_SECRET),
        files_root=tmp_path / "files",
        files_max_bytes=MAX_BYTES,
        files_quota_bytes=QUOTA,
    )


@pytest.fixture
async def rooms(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[FakeRooms]:
    """The rooms service, as far as files is concerned."""
    async with rooms_running(nats_server.url, tmp_path) as fake:
        yield fake


@pytest.fixture
async def auth(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[FakeAuth]:
    """The auth service, as far as files is concerned."""
    async with outbox_running("auth", nats_server.url, tmp_path) as db:
        yield FakeAuth(db)


@pytest.fixture
async def messaging(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[FakeMessaging]:
    """The messaging service, as far as files is concerned."""
    async with outbox_running("messaging", nats_server.url, tmp_path) as db:
        yield FakeMessaging(db)


@pytest.fixture
async def service(settings: Settings, rooms: FakeRooms) -> AsyncIterator[Service]:
    """The files service, running."""
    app = create_app(settings)
    async with running(app) as client:
        yield Service(app, client, settings.files_root)


@pytest.fixture
def alice() -> Person:
    return Person()


@pytest.fixture
def bob() -> Person:
    return Person()


@pytest.fixture
async def room(rooms: FakeRooms, alice: Person) -> str:
    """A room that alice owns."""
    return await rooms.room(**{alice.user_id: "owner"})
