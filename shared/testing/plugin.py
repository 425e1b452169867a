"""Fixtures for every service: a real broker, a fresh database of each kind, an app that runs."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import httpx
import pytest
from fastapi import FastAPI

from shared.caller import HEADER, Anonymous, Caller, CallerSigner
from shared.ids import new_id
from shared.testing.migrated import Migrated
from shared.testing.nats import NatsServer
from shared.testing.postgres import Postgres

# As long as a service demands; known to nobody but tests.
CALLER_SECRET = "a-caller-secret-that-only-tests-know-0123456789"


@pytest.fixture(scope="session")
def nats_server() -> Iterator[NatsServer]:
    """A broker for the session; what a test left in JetStream is gone in the next."""
    server = NatsServer()
    server.start()
    yield server
    server.close()


@pytest.fixture
def own_nats_server() -> Iterator[NatsServer]:
    """A broker of the test's own, to be killed, stopped and wiped."""
    server = NatsServer()
    server.start()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def _clean_broker(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "nats_server" in request.fixturenames:
        request.getfixturevalue("nats_server").forget_streams()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL for the session."""
    server = Postgres()
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def migrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    """Databases with a service's tables; PostgreSQL is started for the first who asks for one there."""
    return Migrated(tmp_path_factory.mktemp("migrated"), lambda: request.getfixturevalue("postgres"))


class NewDatabase(Protocol):
    """Makes a fresh database: empty, or with the tables of a service (`services.<name>:migrations`)."""

    def __call__(self, migrations: str | None = None) -> str:
        """Its URL."""


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path: Path, migrated: Migrated) -> Iterator[NewDatabase]:
    """Makes fresh databases; the test runs once on each kind."""
    made: list[str] = []
    if request.param == "sqlite":

        def make(migrations: str | None = None) -> str:
            path = tmp_path / f"{len(made)}.db"
            made.append(f"sqlite:///{path}" if migrations is None else migrated.sqlite(path, migrations))
            return made[-1]

        yield make
        return
    server: Postgres = request.getfixturevalue("postgres")

    def create(migrations: str | None = None) -> str:
        made.append(server.create_database() if migrations is None else migrated.postgresql(migrations))
        return made[-1]

    yield create
    for url in made:
        server.drop_database(url)


@pytest.fixture
def database_url(new_database: NewDatabase) -> str:
    """A fresh, empty database; the test runs once on each kind."""
    return new_database()


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """The app started, with a client that talks to it; stopped at the end."""
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            yield client


def caller_header(
    service: str, user_id: str, *, role: str = "user", session_id: str | None = None, secret: str = CALLER_SECRET
) -> dict[str, str]:
    """The header by which the gateway would say that this user calls."""
    caller = Caller(user_id=user_id, session_id=session_id or new_id(), role=role, ip="192.0.2.1")
    return {HEADER: CallerSigner({service: secret}).sign(service, caller)}


def anonymous_header(service: str, *, secret: str = CALLER_SECRET) -> dict[str, str]:
    """The header by which the gateway would say that nobody is logged in."""
    return {HEADER: CallerSigner({service: secret}).sign(service, Anonymous(ip="192.0.2.1"))}
