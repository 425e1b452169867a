"""The tests that every service's contract passes."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings

from shared.database import Database
from shared.ids import new_id
from shared.main import stand_in_settings
from shared.migrations import upgrade
from shared.settings import ServiceSettings
from shared.testing.contract.committed import (
    SERVICES,
    contract_of,
    events_of,
    generated_contract,
    objects,
    openapi_of,
    released_events_of,
)
from shared.testing.contract.fuzz import World, keeps_to_its_document, signed
from shared.testing.contract.hostile import refuses_hostile_json
from shared.testing.contract.live import Live, live
from shared.testing.contract.operations import operations
from shared.testing.contract.readers import read_all, subscriptions, told, unpromised
from shared.testing.nats import NatsServer
from shared.testing.postgres import Postgres

_EXAMPLES = 12


class ServiceContract:
    """Says what `service` promised and what it reads of others'. Subclasses say which one it is."""

    service: ClassVar[str]
    create_app: ClassVar[Any]
    settings: ClassVar[type[ServiceSettings]]
    environment: ClassVar[Mapping[str, str]] = {}
    """What its process has to be told besides where things are."""
    agreed: ClassVar[frozenset[str]] = frozenset()
    """What it follows already, and a producer has agreed to tell."""

    @pytest.fixture
    def db(self, tmp_path: Path) -> Iterator[Database]:
        """The service's database, empty."""
        url = f"sqlite:///{tmp_path / 'readers.db'}"
        upgrade(url, f"services.{self.service}:migrations")
        db = Database(url)
        yield db
        db.close()

    @asynccontextmanager
    async def around(self, live: Live) -> AsyncIterator[World]:
        """The neighbours of the running service, who calls it, and what is there to be asked for by id."""
        user_id = new_id()
        yield World(lambda role: signed(self.service, role, user_id), {})

    def test_what_is_committed_is_what_the_code_says(self, tmp_path: Path) -> None:
        committed = contract_of(SERVICES / self.service / "contract")
        generated = generated_contract(self.service, tmp_path)
        assert generated.keys() == committed.keys(), "make contracts"
        assert generated == committed, "make contracts"

    def test_events_have_no_field_that_is_not_declared(self) -> None:
        for type_, schema in events_of(self.service).items():
            for where, part in objects(schema):
                assert part.get("additionalProperties") is False, f"{type_}{where}"

    def test_what_it_follows_is_promised_and_understood(self, db: Database) -> None:
        handlers = subscriptions(lambda: self.create_app(stand_in_settings(self.settings)))
        assert unpromised([*handlers]) <= self.agreed
        promised = [one for one in handlers if one[1] in events_of(one[0])]
        for one in promised:

            @settings(max_examples=25, deadline=None, database=None, derandomize=True)
            @given(before=told(*promised), again=told(*promised), event=told(one))
            def understood(before: Any, again: Any, event: Any) -> None:
                runner.run(read_all(db, handlers, [before, event, again, event]))

            with asyncio.Runner() as runner:
                understood()

    def test_what_was_released_is_understood(self, db: Database) -> None:
        """By this code, while the producers still run the release before: their events have none of the new fields."""
        handlers = subscriptions(lambda: self.create_app(stand_in_settings(self.settings)))
        kinds = [one for one in handlers if one[1] in released_events_of(one[0])]
        assert kinds or not handlers
        for one in kinds:

            @settings(max_examples=10, deadline=None, database=None, derandomize=True)
            @given(before=told(*kinds, promises=released_events_of), event=told(one, promises=released_events_of))
            def understood(before: Any, event: Any) -> None:
                runner.run(read_all(db, handlers, [before, event], watched=False))

            with asyncio.Runner() as runner:
                understood()

    async def test_whatever_is_sent_the_answer_is_a_documented_one(
        self, tmp_path: Path, nats_server: NatsServer, postgres: Postgres
    ) -> None:
        # PostgreSQL, since it takes less of what clients make up than SQLite does.
        database_url = postgres.create_database()
        document = openapi_of(self.service)
        taking = [operation for operation in operations(document) if operation.json_body is not None]
        with live(
            self.service, tmp_path, nats_server.url, database_url=database_url, environment=self.environment
        ) as running:
            async with self.around(running) as world:
                refused = await refuses_hostile_json(document, running.base, world.headers("admin"), world.known)
                assert refused >= 60 * len(taking)
                await asyncio.to_thread(keeps_to_its_document, document, running.base, world, examples=_EXAMPLES)
        postgres.drop_database(database_url)
