import asyncio

from services.rooms.tests.house import House, code_of
from shared.ids import new_id
from shared.testing.waiting import eventually


async def test_coming_and_going(house: House) -> None:
    ada, bob = house.person("ada"), house.person("bob")
    path = f"/rooms/{(await house.room(ada))['id']}"
    joined = await house.call(bob, "POST", f"{path}/join")
    assert joined.status_code == 200
    assert joined.json().keys() == {"user_id", "username", "display_name", "role", "joined_at"}
    assert (await house.call(bob, "POST", f"{path}/join", {})).json() == joined.json()
    members = await house.done(bob, "GET", f"{path}/members")
    assert [(each["user_id"], each["role"]) for each in members["items"]] == [
        (ada.user_id, "owner"),
        (bob.user_id, "member"),
    ]
    assert (await house.done(bob, "GET", path))["member_count"] == 2
    assert (await house.call(ada, "POST", f"{path}/leave")).status_code == 204
    assert (await house.done(bob, "GET", path))["my_role"] == "owner"
    assert house.near.messaging.types() == [
        "room.created",
        "member.joined",
        "member.left",
        "member.role_changed",
        "room.updated",
    ]


async def test_many_come_at_once_and_all_are_counted(house: House) -> None:
    ada = house.person("ada")
    path = f"/rooms/{(await house.room(ada))['id']}"
    crowd = [house.person(f"guest{number}") for number in range(20)]
    answers = await asyncio.gather(*(house.call(one, "POST", f"{path}/join") for one in crowd))
    assert {answer.status_code for answer in answers} == {200}
    assert (await house.done(ada, "GET", path))["member_count"] == 21
    assert [event["id"] for event in house.near.messaging.events] == list(range(1, 22))


async def test_pages_of_members_stay_in_their_room(house: House) -> None:
    ada = house.person("ada")
    rooms = [f"/rooms/{(await house.room(ada))['id']}/members" for _ in range(2)]
    guests = [house.person(f"guest{number}") for number in range(4)]
    for guest in guests:
        await house.done(guest, "POST", rooms[0].replace("members", "join"))
    page = await house.done(ada, "GET", rooms[0], limit=3)
    rest = await house.done(ada, "GET", rooms[0], limit=3, cursor=page["next_cursor"])
    assert [each["user_id"] for each in page["items"] + rest["items"]] == [
        ada.user_id,
        *(guest.user_id for guest in guests),
    ]
    foreign = await house.call(ada, "GET", rooms[1], limit=3, cursor=page["next_cursor"])
    assert code_of(foreign) == (400, "invalid_cursor")


async def test_roles_and_removal(house: House) -> None:
    ada, bob, eve = [house.person(name) for name in ("ada", "bob", "eve")]
    path = f"/rooms/{(await house.room(ada))['id']}"
    for guest in (bob, eve):
        await house.done(guest, "POST", f"{path}/join")
    given = await house.call(ada, "PUT", f"{path}/members/{bob.user_id}", {"role": "moderator"})
    assert (given.status_code, given.json()["role"]) == (200, "moderator")
    assert code_of(await house.call(eve, "DELETE", f"{path}/members/{bob.user_id}")) == (403, "not_allowed")
    assert code_of(await house.call(bob, "DELETE", f"{path}/members/{ada.user_id}")) == (403, "role_too_high")
    assert (await house.call(bob, "DELETE", f"{path}/members/{eve.user_id}")).status_code == 204
    assert code_of(await house.call(bob, "DELETE", f"{path}/members/{eve.user_id}")) == (404, "not_found")
    stepping_down = await house.call(ada, "PUT", f"{path}/members/{ada.user_id}", {"role": "member"})
    assert code_of(stepping_down) == (409, "last_owner")
    assert code_of(await house.call(ada, "PUT", f"{path}/members/{new_id()}", {"role": "member"}))[0] == 404


async def test_auth_is_asked_once_for_a_person_and_needed_only_then(house: House) -> None:
    ada, bob = house.person("ada"), house.person("bob")
    path = f"/rooms/{(await house.room(ada))['id']}"
    house.near.auth.away = True
    away = await house.call(bob, "POST", f"{path}/join")
    assert code_of(away) == (503, "unavailable")
    assert int(away.headers["retry-after"]) >= 1
    await house.room(ada)
    house.near.auth.away = False
    await house.done(bob, "POST", f"{path}/join")
    await house.done(bob, "POST", f"{path}/leave")
    await house.done(bob, "POST", f"{path}/join")
    assert house.near.auth.asked == [[ada.user_id], [bob.user_id]]


async def test_somebody_whom_auth_does_not_know_is_nobody(house: House) -> None:
    ada, ghost = house.person("ada"), house.person("ghost")
    path = f"/rooms/{(await house.room(ada))['id']}"
    del house.near.auth.people[ghost.user_id]
    assert code_of(await house.call(ghost, "POST", f"{path}/join")) == (401, "unauthorized")


async def test_a_ban_that_is_not_heard_of_yet_keeps_out(house: House) -> None:
    ada, bob = house.person("ada"), house.person("bob")
    room_id = (await house.room(ada))["id"]
    news = {"room_id": room_id, "user_id": bob.user_id, "expires_at": None}
    house.near.moderation.record("member.banned", room_id, news)
    assert code_of(await house.call(bob, "POST", f"/rooms/{room_id}/join")) == (403, "banned")
    await house.near.moderation.tell("member.unbanned", room_id, {"room_id": room_id, "user_id": bob.user_id})
    await eventually(lambda: _joins(house, bob, room_id))


async def _joins(house: House, who: object, room_id: str) -> bool:
    from shared.caller import Caller

    assert isinstance(who, Caller)
    return (await house.call(who, "POST", f"/rooms/{room_id}/join")).status_code == 200


async def test_a_page_of_one_rooms_members_is_none_of_anothers(house: House) -> None:
    """S051."""
    ada = house.person("ada")
    one, other = [await house.room(ada, kind="public") for _ in range(2)]
    for number in range(3):
        guest = house.person(f"guest{number}")
        for room in (one, other):
            await house.done(guest, "POST", f"/rooms/{room['id']}/join", {})
    page = await house.done(ada, "GET", f"/rooms/{one['id']}/members", limit=2)
    assert len((await house.done(ada, "GET", f"/rooms/{one['id']}/members", cursor=page["next_cursor"]))["items"]) == 2
    foreign = await house.call(ada, "GET", f"/rooms/{other['id']}/members", cursor=page["next_cursor"])
    assert code_of(foreign) == (400, "invalid_cursor")
