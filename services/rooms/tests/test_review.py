import pytest

from services.rooms.tests.house import House, code_of

_BLOCK = {"action": "block", "reason": "profanity", "code": "profanity"}
_MASK = {"action": "mask", "text": "**** talk", "reason": "profanity"}


async def test_a_name_that_moderation_refuses_is_not_given(house: House) -> None:
    ada = house.person("ada")
    house.near.moderation.verdicts = {"Darn club": _BLOCK, "Hold it": {"action": "hold", "reason": "rule"}}
    refused = await house.call(ada, "POST", "/rooms", {"name": "Darn club"})
    assert code_of(refused) == (422, "profanity")
    assert refused.json()["errors"][0]["loc"] == ["body", "name"]
    room = await house.room(ada, name="Tea")
    for change in ({"name": "Darn club"}, {"description": "Hold it"}):
        assert code_of(await house.call(ada, "PUT", f"/rooms/{room['id']}", change)) == (422, "profanity")
    assert await house.done(ada, "GET", f"/rooms/{room['id']}") == room
    assert house.near.messaging.types() == ["room.created"]


async def test_a_masked_word_is_stored_masked(house: House) -> None:
    ada = house.person("ada")
    house.near.moderation.verdicts = {"darn talk": _MASK}
    made = await house.room(ada, name="Tea", description="darn talk", max_members=5)
    assert (made["name"], made["description"], made["max_members"]) == ("Tea", "**** talk", 5)
    changed = await house.done(ada, "PUT", f"/rooms/{made['id']}", {"name": "darn talk"})
    assert (changed["name"], changed["description"], changed["max_members"]) == ("**** talk", "**** talk", 5)
    assert [(each["room_id"], each["kind"]) for each in house.near.moderation.asked] == [
        ("", "room_name"),
        ("", "topic"),
        (made["id"], "room_name"),
    ]
    assert {each["author_id"] for each in house.near.moderation.asked} == {ada.user_id}


async def test_who_may_not_change_a_room_hears_nothing_about_words(house: House) -> None:
    ada, eve = house.person("ada"), house.person("eve")
    house.near.moderation.verdicts = {"Darn club": _BLOCK}
    for kind, refusal in (("private", (404, "not_found")), ("public", (403, "not_allowed"))):
        room = await house.room(ada, kind=kind)
        assert code_of(await house.call(eve, "PUT", f"/rooms/{room['id']}", {"name": "Darn club"})) == refusal


async def test_what_has_no_words_is_not_asked_about(house: House) -> None:
    ada = house.person("ada")
    room = await house.room(ada)
    house.near.moderation.asked.clear()
    await house.done(ada, "PUT", f"/rooms/{room['id']}", {"archived": True})
    assert house.near.moderation.asked == []


async def test_while_moderation_is_away_rooms_are_named_as_people_like(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.rooms.review._PAUSE", 0.0)
    ada = house.person("ada")
    house.near.moderation.verdicts = {"Darn club": _BLOCK}
    house.near.moderation.away = True
    assert (await house.room(ada, name="Darn club"))["name"] == "Darn club"
    house.near.moderation.away = False
    assert code_of(await house.call(ada, "POST", "/rooms", {"name": "Darn club"})) == (422, "profanity")
