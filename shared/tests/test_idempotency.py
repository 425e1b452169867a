"""Idempotency keys: however often it is sent, one thing is made, and every answer is the first."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy import Column, MetaData, String, Table, func, insert, select, update

from shared.app import create_app
from shared.caller import SomeCaller
from shared.clock import Timestamp
from shared.database import Database, WriteSession
from shared.ids import Id, new_id
from shared.problems import Conflict, Problem
from shared.schemas import AnswerModel, RequestModel
from shared.testing.plugin import caller_header, running
from shared.tests import toy
from shared.web.idempotency import Attempt, Idempotent, idempotency_tables, once
from shared.web.json_body import StrictRoute

metadata = MetaData()
idempotency_tables(metadata)
rooms = Table("rooms", metadata, Column("id", String(36), primary_key=True), Column("name", String(64)))


class Draft(RequestModel):
    name: str


class Room(AnswerModel):
    id: Id
    name: str
    created_at: Timestamp


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    db = Database(database_url)
    await db.write(lambda tx: metadata.create_all(tx.connection))
    yield db
    db.close()


def make_room(tx: WriteSession, name: str) -> Room:
    if name == "taken":
        raise Conflict("name_taken", "Taken.")
    room = Room(id=new_id(), name=name, created_at=tx.now)
    tx.execute(insert(rooms).values(id=room.id, name=room.name))
    return room


async def made(db: Database) -> int:
    return await db.read(lambda tx: tx.execute(select(func.count()).select_from(rooms)).scalar_one())


ATTEMPT = Attempt(key="k1", caller="u1", route="POST /rooms", request="digest")


async def test_without_a_key_each_attempt_makes_one(db: Database) -> None:
    for _ in range(2):
        await db.write(once, replace(ATTEMPT, key=None), make_room, "a")
    assert await made(db) == 2


async def test_the_same_key_makes_one_also_at_the_same_time(db: Database) -> None:
    answers = await asyncio.gather(*(db.write(once, ATTEMPT, make_room, "a") for _ in range(10)))
    assert await made(db) == 1
    assert len({Room.model_validate(answer).id for answer in answers}) == 1


async def test_keys_of_other_people_and_routes_are_others(db: Database) -> None:
    for attempt in (
        ATTEMPT,
        replace(ATTEMPT, caller="u2"),
        replace(ATTEMPT, route="POST /x"),
        replace(ATTEMPT, key="K1"),
    ):
        await db.write(once, attempt, make_room, "a")
    assert await made(db) == 4


async def test_the_same_key_for_another_request_is_422(db: Database) -> None:
    await db.write(once, ATTEMPT, make_room, "a")
    with pytest.raises(Problem) as caught:
        await db.write(once, replace(ATTEMPT, request="other"), make_room, "b")
    assert (caught.value.status, caught.value.code) == (422, "idempotency_key_reused")


async def test_what_failed_may_be_tried_again(db: Database) -> None:
    with pytest.raises(Conflict):
        await db.write(once, ATTEMPT, make_room, "taken")
    assert (await db.write(once, ATTEMPT, make_room, "a")).name == "a"


async def test_a_key_is_forgotten_after_a_day(db: Database) -> None:
    await db.write(once, ATTEMPT, make_room, "a")
    table = metadata.tables["idempotency"]
    await db.write(lambda tx: tx.execute(update(table).values(at=tx.now - timedelta(hours=25))))
    await db.write(once, ATTEMPT, make_room, "a")
    assert await made(db) == 2


def service(db: Database) -> FastAPI:
    router = APIRouter(route_class=StrictRoute)

    @router.post("/rooms", status_code=201)
    async def create(draft: Draft, caller: SomeCaller, attempt: Idempotent) -> Room:
        return Room.model_validate(await db.write(once, attempt, make_room, draft.name))

    return create_app(service="toy", version="1", settings=toy.settings, routers=[router], parts=[])


async def test_over_http_a_retry_gets_the_very_same_answer(db: Database) -> None:
    headers = caller_header("toy", "u1", secret=toy.SECRET) | {"Idempotency-Key": "a-key"}
    async with running(service(db)) as client:
        first = await client.post("/rooms", json={"name": "a"}, headers=headers)
        again = await client.post("/rooms", json={"name": "a"}, headers=headers)
        other = await client.post("/rooms", json={"name": "b"}, headers=headers)
        someone = await client.post(
            "/rooms", json={"name": "a"}, headers=headers | caller_header("toy", "u2", secret=toy.SECRET)
        )
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert (first.status_code, other.status_code, someone.status_code) == (201, 422, 201)
    assert someone.json()["id"] != first.json()["id"]


@pytest.mark.parametrize("key", ["", "a b", "k" * 129, "é", "a\tb"])
async def test_an_odd_key_is_422(db: Database, key: str) -> None:
    headers = caller_header("toy", "u1", secret=toy.SECRET)
    async with running(service(db)) as client:
        client.headers.update(headers)
        answer = await client.post("/rooms", json={"name": "a"}, headers=[(b"Idempotency-Key", key.encode())])
    assert answer.status_code == 422
