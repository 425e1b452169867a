"""Messages for later: once, at their time, with the rights of that time."""

from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import select, update

from services.messaging.app import create_app
from services.messaging.models import schedules
from services.messaging.settings import Settings
from services.messaging.tests.neighbours import Neighbourhood
from services.messaging.tests.world import World, get, post, put
from shared.clock import rfc3339, utc_now
from shared.database import Database, WriteSession
from shared.testing.plugin import running
from shared.testing.waiting import eventually


def at(seconds: float) -> str:
    return rfc3339(utc_now() + timedelta(seconds=seconds))


async def said(world: World, room_id: str) -> list[str]:
    entries = await world.entries(room_id)
    return [entry["message"]["content"] for entry in entries if entry["type"] == "message.created"]


async def test_what_it_attaches_is_kept_until_then(world: World, near: Neighbourhood, http: httpx.AsyncClient) -> None:
    anna, _, room_id = await world.pair()
    then, now = near.files.upload(anna, room_id), near.files.upload(anna, room_id)
    path, send_at = f"/rooms/{room_id}/messages", at(7 * 86400)
    assert (
        await post(http, anna, path, {"content": "x", "attachments": [then], "send_at": send_at})
    ).status_code == 202
    assert (await post(http, anna, path, {"content": "x", "attachments": [now]})).status_code == 201
    assert near.files.held == {then: send_at}


async def test_it_is_listed_changed_cancelled_and_sent(world: World, http: httpx.AsyncClient) -> None:
    anna, ben, room_id = await world.pair()
    path = f"/rooms/{room_id}/messages"
    draft = {"content": "later", "client_id": "1", "send_at": at(3600)}
    made = await post(http, anna, path, draft)
    assert (made.status_code, made.json()["content"]) == (202, "later")
    again = await post(http, anna, path, draft)
    assert (again.status_code, again.json()) == (202, made.json())
    dropped = await world.send(anna, room_id, "never", "2", send_at=at(7200))
    assert set(dropped) == {"scheduled_id", "send_at"}
    distant = await post(http, anna, path, {"content": "x", "send_at": "9999-12-31T23:59:59Z"})
    assert distant.status_code == 202
    assert (
        await http.delete(f"/api/v1/scheduled/{distant.json()['id']}", headers=world.header(anna))
    ).status_code == 204
    listed = (await get(http, anna, f"/rooms/{room_id}/scheduled")).json()["items"]
    assert [one["content"] for one in listed] == ["later", "never"]
    assert (await get(http, ben, f"/rooms/{room_id}/scheduled")).json()["items"] == []
    assert (await put(http, ben, f"/scheduled/{made.json()['id']}", {"content": "x"})).status_code == 404
    cancel = f"/api/v1/scheduled/{dropped['scheduled_id']}"
    assert (await http.delete(cancel, headers=world.header(anna))).status_code == 204
    assert (await http.delete(cancel, headers=world.header(anna))).status_code == 404
    assert (await said(world, room_id)) == []
    moved = await put(http, anna, f"/scheduled/{made.json()['id']}", {"content": "now", "send_at": at(0.2)})
    assert moved.json()["content"] == "now"

    async def is_said() -> bool:
        return await said(world, room_id) == ["now"]

    await eventually(is_said)
    assert (await get(http, anna, f"/rooms/{room_id}/scheduled")).json()["items"] == []
    late = await post(http, anna, path, draft)
    assert (late.status_code, late.json()["content"]) == (200, "now")
    assert (await post(http, anna, path, {"content": "x", "send_at": at(-5)})).status_code == 201


async def test_who_may_not_post_by_then_finds_the_reason(
    world: World, settings: Settings, http: httpx.AsyncClient
) -> None:
    anna, ben, room_id = await world.pair()
    kept = await world.send(ben, room_id, "from a member", "1", send_at=at(3600))
    await world.tell("member.left", room_id, room_id=room_id, user_id=ben, reason="kicked", by=anna)

    await put(http, ben, f"/scheduled/{kept['scheduled_id']}", {"send_at": at(0)})
    db = Database(settings.database_url)

    async def reason() -> str | None:
        return await db.read(lambda tx: tx.execute(select(schedules.c.error)).scalar_one())

    assert await eventually(reason) == "not_a_member"
    db.close()
    await world.join(room_id, ben)
    (listed,) = (await get(http, ben, f"/rooms/{room_id}/scheduled")).json()["items"]
    assert listed["error"] == "not_a_member"
    await put(http, ben, f"/scheduled/{kept['scheduled_id']}", {"send_at": at(0)})

    async def is_said() -> bool:
        return await said(world, room_id) == ["from a member"]

    await eventually(is_said)


async def an_hour_goes_by(settings: Settings) -> None:
    """Everything that waits has been due for a minute or so, each at its time."""

    def earlier(tx: WriteSession) -> None:
        for row in tx.execute(select(schedules)).all():
            then = row.due_at - timedelta(seconds=3700)
            tx.execute(update(schedules).where(schedules.c.id == row.id).values(send_at=then, due_at=then))

    db = Database(settings.database_url)
    await db.write(earlier)
    db.close()


async def test_two_replicas_send_what_came_due_while_they_were_down_once(settings: Settings, neighbours: World) -> None:
    world = neighbours
    async with running(create_app(settings)):
        anna, _, room_id = await world.pair()
        group: list[dict[str, Any]] = [
            {"by": 0, "room_id": room_id, "content": str(n), "client_id": str(n), "send_at": at(3600 + n)}
            for n in range(40)
        ]
        assert all("scheduled_id" in result for result in await world.commands([anna], group))
    await an_hour_goes_by(settings)
    async with running(create_app(settings)), running(create_app(settings)):

        async def all_said() -> bool:
            return len(await said(world, room_id)) >= 40

        await eventually(all_said)
        assert await said(world, room_id) == [str(n) for n in range(40)]
        assert [entry["seq"] for entry in await world.entries(room_id)] == list(range(1, 43))
