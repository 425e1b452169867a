"""Somebody whose account is gone: the log that is replayed names them no more, and says what it said."""

from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from services.messaging import oblivion
from services.messaging.models import forgetting
from services.messaging.settings import Settings
from services.messaging.tests.neighbours import Neighbourhood
from services.messaging.tests.world import World, member
from shared.database import Database
from shared.ids import new_id
from shared.testing.waiting import eventually

NAME = "Zebulon"


def left_to_forget(database: Database) -> Any:
    async def nobody() -> bool:
        return (
            await database.read(lambda tx: tx.execute(select(func.count()).select_from(forgetting)).scalar_one()) == 0
        )

    return nobody


async def test_the_log_names_nobody_who_is_gone(
    world: World, near: Neighbourhood, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oblivion, "_STRETCH", 3)
    monkeypatch.setattr(oblivion, "_AT_ONCE", 2)
    anna, ben, room_id = await world.pair()
    gone = new_id()
    await world.tell("member.joined", room_id, room_id=room_id, member={**member(gone), "display_name": NAME})
    profile = {"id": gone, "username": NAME.lower(), "display_name": NAME, "avatar_url": f"/{NAME}"}
    await near.auth.tell("user.updated", gone, user=profile)

    async def known() -> bool:
        await world.send(gone, room_id, "am I?", new_id())
        return NAME in (await world.entries(room_id))[-1]["message"]["author"]["display_name"]

    await eventually(known)
    sent = await world.send(gone, room_id, "first", "1")
    about = {"room_id": room_id, "message_id": sent["message_id"]}
    assert "error" not in await world.command(gone, {"op": "edit", **about, "content": "second"})
    await world.send(ben, room_id, f"what {gone} said", "b", reply_to=sent["message_id"])
    before = await world.entries(room_id)
    heard = Heard()
    await world.bus.subscribe(f"messaging.room.{room_id}.rewritten", heard.hear)
    await near.auth.tell("user.deleted", gone, user_id=gone)
    await eventually(heard.any)
    after = await world.entries(room_id)
    text = orjson.dumps(after).decode()
    assert NAME not in text and NAME.lower() not in text
    assert [entry["seq"] for entry in after] == [entry["seq"] for entry in before]
    assert [entry.get("message", {}).get("content") for entry in after] == [
        entry.get("message", {}).get("content") for entry in before
    ]
    authors = [entry["message"]["author"] for entry in after if "author" in entry.get("message", {})]
    assert {author["username"] for author in authors if author["id"] == gone} == {"deleted"}
    # Rooms may not know yet: what it tells late names nobody either.
    await world.tell("member.left", room_id, room_id=room_id, user_id=gone, reason="left", by=gone)
    await world.tell("member.joined", room_id, room_id=room_id, member={**member(gone), "display_name": NAME})
    assert (await world.entries(room_id))[-1]["member"]["display_name"] == "deleted user"
    assert anna in {entry.get("user_id") for entry in after}
    database = Database(settings.database_url)
    await eventually(left_to_forget(database))
    database.close()


class Heard:
    """Whether a gateway would have been told."""

    def __init__(self) -> None:
        self.times = 0

    async def hear(self, _: Any) -> None:
        self.times += 1

    async def any(self) -> bool:
        return self.times > 0
