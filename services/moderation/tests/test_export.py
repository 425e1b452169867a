import pytest

from services.moderation.export import Export
from services.moderation.tests.house import House
from shared.database import Database
from shared.ids import new_id
from shared.problems import Invalid


async def test_what_is_kept_about_a_person(house: House, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, bob = house.person(), house.person()
    room = await house.room(ada, bob)
    made = []
    for _ in range(3):
        path = f"/messages/{house.near.messaging.write(ada, room)}/report"
        made.append(await house.done(bob, "POST", path, {"reason": "abuse"}))
    muted = await house.done(ada, "POST", f"/rooms/{room}/mute/{bob.user_id}", {"reason": "loud"})
    monkeypatch.setattr("services.moderation.export._PAGE", 2)
    export = Export(db).export
    first = await export({"user_id": bob.user_id})
    assert first["files"] == {"reports.json": made[:2], "restrictions.json": [muted]}
    rest = await export({"user_id": bob.user_id, "after": first["next"], "something_new": 1})
    assert rest == {"files": {"reports.json": made[2:]}, "next": None}
    assert (await export({"user_id": new_id()}))["files"] == {"reports.json": [], "restrictions.json": []}
    for wrong in (None, {}, {"user_id": 7}, {"user_id": "x"}):
        with pytest.raises(Invalid):
            await export(wrong)
