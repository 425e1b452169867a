from datetime import datetime, timedelta

from services.moderation.actions.impose import impose
from services.moderation.app import create_app
from services.moderation.settings import Settings
from services.moderation.store.restrictions import HOUSE, RestrictionRow
from services.moderation.tests.house import House
from services.moderation.tests.neighbours import Neighbours
from shared.clock import utc_now
from shared.database import Database
from shared.ids import new_id
from shared.testing.plugin import running
from shared.testing.waiting import eventually


async def test_a_restriction_ends_by_itself_and_on_time(house: House) -> None:
    ada, bob = house.person(), house.person()
    room = await house.room(ada, bob)
    await house.done(ada, "POST", f"/rooms/{room}/ban/{bob.user_id}", {"duration_seconds": 600})
    muted = await house.done(ada, "POST", f"/rooms/{room}/mute/{bob.user_id}", {"duration_seconds": 1})
    await eventually(lambda: "member.unmuted" in house.near.messaging.types())
    late = (utc_now() - datetime.fromisoformat(muted["expires_at"])).total_seconds()
    assert late >= 0
    assert house.near.messaging.pushed[-1]["data"] == {"room_id": room, "user_id": bob.user_id, "by": None}
    [left] = (await house.done(ada, "GET", f"/rooms/{room}/restrictions"))["items"]
    assert left["kind"] == "ban"


async def test_what_ended_while_nobody_ran_is_told_at_the_start(
    db: Database, settings: Settings, near: Neighbours
) -> None:
    ended = utc_now() - timedelta(hours=1)
    rows = [
        RestrictionRow(scope, new_id(), kind, None, None, ended, ended - timedelta(hours=1))
        for scope, kind in ((HOUSE, "mute"), (new_id(), "mute"), (new_id(), "ban"))
    ]
    for row in rows:
        await db.write(impose, row)
    async with running(create_app(settings)):
        await eventually(lambda: len(near.messaging.pushed) == len(rows))
    assert sorted(near.messaging.types()) == ["member.unbanned", "member.unmuted", "user.unmuted"]
