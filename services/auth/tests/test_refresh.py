import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from services.auth.models import sessions
from services.auth.tests.world import World, code
from shared.database import ReadSession, WriteSession


async def test_a_refresh_gives_other_tokens_of_the_same_session(world: World) -> None:
    ada = await world.person("ada")
    first = await world.refresh(ada.refresh_token)
    assert first.status_code == 200 and first.headers["cache-control"] == "no-store"
    second = await world.refresh(first.json()["refresh_token"])
    assert second.status_code == 200
    tokens = {ada.refresh_token, first.json()["refresh_token"], second.json()["refresh_token"]}
    assert len(tokens) == 3
    assert (await ada.call("GET", "/users/me")).status_code == 200


async def test_of_many_who_come_with_one_token_one_is_served(world: World) -> None:
    ada = await world.person("ada")
    answers = await asyncio.gather(*(world.refresh(ada.refresh_token) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401, 401]
    assert await world.told_of("session.revoked") == [{"session_id": ada.session_id, "user_id": ada.id}]


async def test_a_token_used_twice_ends_its_session(world: World) -> None:
    ada = await world.person("ada")
    successor = (await world.refresh(ada.refresh_token)).json()["refresh_token"]
    assert code(await world.refresh(ada.refresh_token)) == (401, "token_reused")
    assert await world.told_of("session.revoked") == [{"session_id": ada.session_id, "user_id": ada.id}]
    assert code(await world.refresh(successor)) == (401, "session_revoked")
    assert code(await ada.call("GET", "/users/me")) == (401, "session_revoked")


async def test_an_older_one_is_used_too(world: World) -> None:
    ada = await world.person("ada")
    successor = (await world.refresh(ada.refresh_token)).json()["refresh_token"]
    assert (await world.refresh(successor)).status_code == 200
    assert code(await world.refresh(ada.refresh_token)) == (401, "token_reused")


async def test_a_made_up_token_ends_nothing(world: World) -> None:
    ada = await world.person("ada")
    good = ada.refresh_token
    for text in ("", "x", "é" * 86, good[:-1], good + "A", good[:-2] + "AA", "A" * len(good), good.swapcase()):
        assert (await world.refresh(text)).status_code == 401
    assert (await world.refresh(good)).status_code == 200


async def test_a_session_ends_when_nobody_refreshes_it(world: World) -> None:
    ada = await world.person("ada")
    await world.db.write(_age, timedelta(days=31))
    assert code(await world.refresh(ada.refresh_token)) == (401, "session_revoked")
    assert code(await ada.call("GET", "/users/me")) == (401, "session_revoked")


async def test_no_token_is_stored(world: World) -> None:
    ada = await world.person("ada")
    await world.refresh(ada.refresh_token)
    stored = await world.db.read(_stored)
    assert ada.refresh_token not in stored


def _age(tx: WriteSession, by: timedelta) -> None:
    (end,) = tx.execute(select(sessions.c.expires_at)).scalars()
    tx.execute(update(sessions).values(expires_at=end - by))


def _stored(tx: ReadSession) -> str:
    rows: list[Any] = list(tx.execute(select(sessions)))
    return repr(rows)
