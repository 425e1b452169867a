import asyncio
from typing import Any

import pytest

from services.moderation.tests.house import House, code_of
from shared.caller import Caller
from shared.ids import new_id


async def queue(house: House, who: Caller, **asked: Any) -> list[str]:
    """The ids of what waits."""
    return [each["id"] for each in (await house.done(who, "GET", "/moderation/held", **asked))["items"]]


async def test_a_text_is_approved_once_and_its_author_told(house: House) -> None:
    ada, bob, eve = house.person(), house.person(), house.person()
    room = await house.room(ada, bob, moderators=(eve,))
    held_id = house.near.messaging.hold(bob, room)
    [shown] = (await house.done(ada, "GET", "/moderation/held", room_id=room))["items"]
    assert (shown["id"], shown["content"], shown["reason"]) == (held_id, "buy my pills", "links")
    assert shown["author"]["id"] == bob.user_id
    decision = await house.done(eve, "POST", f"/moderation/held/{held_id}/approve")
    assert decision.pop("decided_at")
    about = {"id": held_id, "room_id": room, "author_id": bob.user_id, "by": eve.user_id, "reason": None}
    assert decision == {**about, "status": "approved"}
    [event] = house.near.messaging.pushed
    assert (event["type"], event["subject"]) == (
        "message.approved",
        f"moderation.user.{bob.user_id}.message_approved",
    )
    assert event["data"] == {"held_id": held_id, **{name: about[name] for name in about if name != "id"}} | {
        "status": "approved"
    }
    # Messaging may not have heard of it yet: it is decided all the same.
    assert await queue(house, ada, room_id=room) == []
    again = await house.done(ada, "POST", f"/moderation/held/{held_id}/approve")
    assert (again["by"], len(house.near.messaging.pushed)) == (eve.user_id, 1)
    refused = await house.call(ada, "POST", f"/moderation/held/{held_id}/reject")
    assert code_of(refused) == (409, "already_decided")
    audit = await house.done(house.person("admin"), "GET", "/moderation/audit", target=held_id)
    assert [(each["action"], each["actor_id"]) for each in audit["items"]] == [("approve", eve.user_id)]


async def test_a_rejection_says_why(house: House) -> None:
    ada, bob = house.person(), house.person()
    room = await house.room(ada, bob)
    held_id = house.near.messaging.hold(bob, room, refusal="muted")
    path = f"/moderation/held/{held_id}"
    assert code_of(await house.call(ada, "POST", f"{path}/approve")) == (409, "muted"), "it would not help"
    assert code_of(await house.call(ada, "POST", f"{path}/reject", {"because": "x"})) == (422, "invalid")
    decision = await house.done(ada, "POST", f"{path}/reject", {"reason": "not here"})
    assert (decision["status"], decision["reason"]) == ("rejected", "not here")
    [event] = house.near.messaging.pushed
    assert (event["type"], event["data"]["reason"]) == ("message.rejected", "not here")
    del house.near.messaging.waiting[held_id]
    assert (await house.done(ada, "POST", f"{path}/reject"))["reason"] == "not here"
    assert code_of(await house.call(bob, "POST", f"{path}/reject")) == (403, "not_allowed")


async def test_who_decides_where(house: House) -> None:
    ada, bob, stranger, staff = house.person(), house.person(), house.person(), house.person("moderator")
    room, private = await house.room(ada, bob), await house.room(ada, bob, kind="private")
    direct = await house.room(ada, bob, kind="direct")
    waits = {place: house.near.messaging.hold(bob, place) for place in (room, private, direct)}
    assert await queue(house, staff) == list(waits.values())
    assert await queue(house, staff, author_id=ada.user_id) == []
    assert await queue(house, ada, room_id=private) == [waits[private]]
    for who in (ada, bob, stranger):
        assert code_of(await house.call(who, "GET", "/moderation/held")) == (403, "not_allowed")
    assert code_of(await house.call(bob, "GET", "/moderation/held", room_id=room)) == (403, "not_allowed")
    assert code_of(await house.call(ada, "GET", "/moderation/held", room_id=direct)) == (403, "direct_room")
    expected = {room: (403, "not_allowed"), private: (404, "not_found"), direct: (404, "not_found")}
    for place, refusal in expected.items():
        assert code_of(await house.call(stranger, "POST", f"/moderation/held/{waits[place]}/approve")) == refusal
    hidden = await house.call(stranger, "POST", f"/moderation/held/{waits[private]}/approve")
    nothing = await house.call(stranger, "POST", f"/moderation/held/{new_id()}/approve")
    assert (hidden.status_code, hidden.json()["detail"]) == (nothing.status_code, nothing.json()["detail"])
    assert code_of(await house.call(ada, "POST", f"/moderation/held/{waits[direct]}/approve")) == (403, "direct_room")
    assert (await house.call(staff, "POST", f"/moderation/held/{waits[direct]}/reject")).status_code == 200


async def test_of_two_who_decide_at_once_one_does(house: House) -> None:
    ada, bob, eve = house.person(), house.person(), house.person()
    room = await house.room(ada, bob, moderators=(eve,))
    for _ in range(5):
        path = f"/moderation/held/{house.near.messaging.hold(bob, room)}"
        answers = await asyncio.gather(
            house.call(ada, "POST", f"{path}/approve"), house.call(eve, "POST", f"{path}/reject")
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(house.near.messaging.pushed) == 5


async def test_the_queue_comes_in_pages(house: House) -> None:
    ada, bob = house.person(), house.person()
    room = await house.room(ada, bob)
    waits = [house.near.messaging.hold(bob, room) for _ in range(5)]
    first = await house.done(ada, "GET", "/moderation/held", room_id=room, limit=3)
    rest = await house.done(ada, "GET", "/moderation/held", room_id=room, limit=3, cursor=first["next_cursor"])
    assert [each["id"] for each in first["items"]] == waits[:3]
    assert ([each["id"] for each in rest["items"]], rest["next_cursor"]) == (waits[3:], None)


async def test_without_messaging_nobody_decides(house: House) -> None:
    ada, bob = house.person(), house.person()
    room = await house.room(ada, bob)
    held_id = house.near.messaging.hold(bob, room)
    house.near.messaging.away = True
    assert code_of(await house.call(ada, "GET", "/moderation/held", room_id=room)) == (503, "unavailable")
    assert code_of(await house.call(ada, "POST", f"/moderation/held/{held_id}/approve")) == (503, "unavailable")


@pytest.mark.parametrize("everywhere", [False, True])
async def test_all_that_somebody_writes_may_be_held(house: House, everywhere: bool) -> None:
    ada, bob, staff = house.person(), house.person(), house.person("moderator")
    room = await house.room(ada, bob)
    who, path = (staff, "/moderation/hold") if everywhere else (ada, f"/rooms/{room}/hold")
    made = await house.done(who, "POST", f"{path}/{bob.user_id}", {"duration_seconds": 600, "reason": "spam"})
    assert (made["kind"], made["room_id"], made["user_id"]) == ("hold", None if everywhere else room, bob.user_id)
    assert code_of(await house.call(bob, "POST", f"{path}/{bob.user_id}")) == (403, "not_allowed")
    listed = await house.done(staff, "GET", "/moderation/restrictions", user_id=bob.user_id)
    assert listed["items"] == [made]
    assert (await house.call(who, "DELETE", f"{path}/{bob.user_id}")).status_code == 204
    thing = "user" if everywhere else "member"
    assert house.near.messaging.types() == [f"{thing}.held", f"{thing}.released"]
    summary = await house.done(house.person("admin"), "GET", "/moderation/summary")
    assert summary["screened"] == 0
    assert {(each["action"], each["count"]) for each in summary["actions"]} == {("hold", 1), ("unhold", 1)}
