import asyncio
from datetime import datetime, timedelta

import pytest

from services.moderation.tests.house import House, code_of
from shared.ids import new_id
from shared.testing.waiting import eventually


async def test_a_mute_is_in_force_before_the_answer_and_is_lifted(house: House) -> None:
    ada, bob = house.person(), house.person()
    room = await house.room(ada, bob)
    path = f"/rooms/{room}/mute/{bob.user_id}"
    made = await house.call(ada, "POST", path, {"duration_seconds": 600, "reason": "too loud"})
    assert made.status_code == 200
    restriction = made.json()
    assert restriction.keys() == {"room_id", "user_id", "kind", "reason", "by", "expires_at", "created_at"}
    assert (restriction["room_id"], restriction["user_id"], restriction["kind"]) == (room, bob.user_id, "mute")
    lasts = datetime.fromisoformat(restriction["expires_at"]) - datetime.fromisoformat(restriction["created_at"])
    assert lasts == timedelta(seconds=600)
    told = {"expires_at": restriction["expires_at"], "by": ada.user_id, "reason": "too loud"}
    [event] = house.near.messaging.pushed
    assert event["type"] == "member.muted"
    assert event["subject"] == f"moderation.member.{room}.muted"
    assert event["data"] == {"room_id": room, "user_id": bob.user_id, **told}
    assert (await house.done(ada, "GET", f"/rooms/{room}/restrictions"))["items"] == [restriction]
    assert (await house.call(ada, "DELETE", path)).status_code == 204
    assert house.near.messaging.pushed[1]["data"] == {"room_id": room, "user_id": bob.user_id, "by": ada.user_id}
    assert house.near.messaging.types() == ["member.muted", "member.unmuted"]
    assert (await house.done(ada, "GET", f"/rooms/{room}/restrictions"))["items"] == []
    assert (await house.call(ada, "DELETE", path)).status_code == 204, "nothing to lift is lifted"
    assert len(house.near.messaging.pushed) == 2


async def test_a_ban_without_an_end_and_a_second_in_its_place(house: House) -> None:
    ada, bob = house.person(), house.person()
    room = await house.room(ada)
    path = f"/rooms/{room}/ban/{bob.user_id}"
    first = await house.done(ada, "POST", path)
    assert (first["kind"], first["expires_at"], first["reason"]) == ("ban", None, "")
    second = await house.done(ada, "POST", path, {"duration_seconds": 60})
    assert (await house.done(ada, "GET", f"/rooms/{room}/restrictions"))["items"] == [second]
    assert await house.done(ada, "DELETE", path) is None
    assert house.near.messaging.types() == ["member.banned", "member.banned", "member.unbanned"]


async def test_who_is_away_is_told_later(house: House) -> None:
    ada, bob = house.person(), house.person()
    room = await house.room(ada, bob)
    house.near.messaging.away = True
    assert (await house.call(ada, "POST", f"/rooms/{room}/mute/{bob.user_id}")).status_code == 202
    assert len((await house.done(ada, "GET", f"/rooms/{room}/restrictions"))["items"]) == 1
    assert (await house.call(ada, "DELETE", f"/rooms/{room}/mute/{bob.user_id}")).status_code == 202
    house.near.messaging.away, house.near.messaging.behind = False, 1
    assert (await house.call(ada, "POST", f"/rooms/{room}/mute/{bob.user_id}")).status_code == 202


async def test_who_may_and_who_may_not(house: House) -> None:
    owner, moderator, another, member, stranger = (house.person() for _ in range(5))
    keeper, admin = house.person("moderator"), house.person("admin")
    room = await house.room(owner, member, moderators=(moderator, another))
    private = await house.room(owner, kind="private")
    direct = await house.room(owner, member, kind="direct")

    async def muting(who: object, whom: object, where: str = room) -> int | tuple[int, str]:
        answer = await house.call(who, "POST", f"/rooms/{where}/mute/{whom.user_id}")  # type: ignore[arg-type, attr-defined]
        return 200 if answer.status_code == 200 else code_of(answer)

    assert await muting(member, stranger) == (403, "not_allowed")
    assert await muting(moderator, owner) == (403, "role_too_high")
    assert await muting(moderator, moderator) == (403, "yourself")
    assert await muting(owner, keeper) == (403, "role_too_high")
    assert await muting(keeper, admin) == (403, "role_too_high")
    assert await muting(stranger, member, private) == (404, "not_found")
    assert await muting(owner, member, direct) == (403, "direct_room")
    assert await muting(admin, member, direct) == (404, "not_found")
    assert await muting(admin, member, new_id()) == (404, "not_found")
    assert house.near.messaging.pushed == []
    above = [(moderator, member), (owner, moderator), (keeper, owner), (admin, keeper), (moderator, stranger)]
    for who, whom in (*above, (moderator, another)):
        assert await muting(who, whom) == 200
    # Who was muted by an equal is freed by others.
    lifted = [await house.call(who, "DELETE", f"/rooms/{room}/mute/{another.user_id}") for who in (another, moderator)]
    assert [answer.status_code for answer in lifted] == [403, 204]
    nobody = await house.call(owner, "POST", f"/rooms/{room}/mute/{new_id()}")
    assert code_of(nobody) == (404, "not_found")
    for who, expected in ((member, (403, "not_allowed")), (stranger, (403, "not_allowed"))):
        assert code_of(await house.call(who, "GET", f"/rooms/{room}/restrictions")) == expected
    assert len((await house.done(keeper, "GET", f"/rooms/{room}/restrictions"))["items"]) == 5


async def test_a_role_that_was_given_a_moment_ago_counts(house: House) -> None:
    ada, bob, eve = house.person(), house.person(), house.person()
    room = await house.room(ada, bob, eve)
    changed = {"room_id": room, "user_id": bob.user_id, "role": "moderator"}
    await house.near.rooms.tell("member.role_changed", room, changed)
    assert (await house.call(bob, "POST", f"/rooms/{room}/mute/{eve.user_id}")).status_code == 200
    await house.near.rooms.tell("member.role_changed", room, {**changed, "role": "member"})
    assert code_of(await house.call(bob, "DELETE", f"/rooms/{room}/mute/{eve.user_id}")) == (403, "not_allowed")


async def test_mutes_of_accounts_are_for_the_staff(house: House) -> None:
    ada, keeper, admin = house.person(), house.person("moderator"), house.person("admin")
    path = f"/moderation/mute/{ada.user_id}"
    assert code_of(await house.call(house.person(), "POST", path)) == (403, "not_allowed")
    assert code_of(await house.call(keeper, "POST", f"/moderation/mute/{admin.user_id}")) == (403, "role_too_high")
    muted = await house.done(keeper, "POST", path, {"duration_seconds": 60, "reason": "spam"})
    assert (muted["room_id"], muted["user_id"], muted["kind"]) == (None, ada.user_id, "mute")
    assert (await house.done(admin, "GET", "/moderation/restrictions"))["items"] == [muted]
    assert code_of(await house.call(ada, "GET", "/moderation/restrictions")) == (403, "not_allowed")
    assert (await house.call(keeper, "DELETE", path)).status_code == 204
    assert house.near.messaging.types() == ["user.muted", "user.unmuted"]
    assert house.near.messaging.pushed[0]["subject"] == f"moderation.user.{ada.user_id}.muted"
    assert house.near.messaging.pushed[1]["data"] == {"user_id": ada.user_id, "by": keeper.user_id}


async def test_everything_against_one_person(house: House) -> None:
    ada, bob, keeper = house.person(), house.person(), house.person("moderator")
    rooms = [await house.room(ada, bob) for _ in range(3)]
    for room in rooms:
        await house.done(ada, "POST", f"/rooms/{room}/mute/{bob.user_id}")
    first = await house.done(keeper, "GET", "/moderation/restrictions", user_id=bob.user_id, limit=2)
    rest = await house.done(
        keeper, "GET", "/moderation/restrictions", user_id=bob.user_id, limit=2, cursor=first["next_cursor"]
    )
    assert {each["room_id"] for each in first["items"] + rest["items"]} == set(rooms)
    assert rest["next_cursor"] is None


async def test_many_at_once_are_all_handed_over_in_order(house: House) -> None:
    ada = house.person()
    crowd = [house.person() for _ in range(20)]
    room = await house.room(ada, *crowd)
    answers = await asyncio.gather(*(house.call(ada, "POST", f"/rooms/{room}/mute/{each.user_id}") for each in crowd))
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(event["id"] for event in house.near.messaging.pushed) == list(range(1, 21))


async def test_a_room_or_person_that_is_gone_has_no_restrictions(house: House) -> None:
    ada, bob, eve, keeper = house.person(), house.person(), house.person(), house.person("moderator")
    room, other = await house.room(ada, bob), await house.room(ada, eve)
    await house.done(ada, "POST", f"/rooms/{room}/mute/{bob.user_id}")
    await house.done(ada, "POST", f"/rooms/{other}/mute/{eve.user_id}")
    await house.near.rooms.tell("room.deleted", room, {"room_id": room})
    await house.near.auth.tell("user.deleted", eve.user_id, {"user_id": eve.user_id})

    async def left() -> bool:
        found = [
            (await house.done(keeper, "GET", "/moderation/restrictions", user_id=each.user_id))["items"]
            for each in (bob, eve)
        ]
        return found == [[], []]

    await eventually(left)
    assert code_of(await house.call(ada, "POST", f"/rooms/{room}/mute/{bob.user_id}")) == (404, "not_found")
    assert code_of(await house.call(ada, "POST", f"/rooms/{other}/mute/{eve.user_id}")) == (404, "not_found")


@pytest.mark.parametrize(
    "terms",
    [
        {"duration_seconds": 0},
        {"duration_seconds": 1e9},
        {"duration_seconds": "60"},
        {"reason": "x" * 501},
        {"by": "me"},
    ],
    ids=range(5),
)
async def test_terms_that_make_no_sense(house: House, terms: dict[str, object]) -> None:
    ada, bob = house.person(), house.person()
    room = await house.room(ada, bob)
    assert code_of(await house.call(ada, "POST", f"/rooms/{room}/mute/{bob.user_id}", terms)) == (422, "invalid")


async def test_without_auth_strangers_cannot_be_judged(house: House) -> None:
    ada, bob = house.person(), house.person()
    room = await house.room(ada)
    house.near.auth.away = True
    assert code_of(await house.call(ada, "POST", f"/rooms/{room}/ban/{bob.user_id}")) == (503, "unavailable")
