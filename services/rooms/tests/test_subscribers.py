from datetime import timedelta

from services.rooms.store import users
from services.rooms.tests.house import House, code_of
from services.rooms.tests.world import World, profile
from shared.caller import Caller
from shared.clock import rfc3339, utc_now
from shared.ids import new_id
from shared.testing.waiting import eventually


async def test_people_are_known_by_what_auth_tells(house: House, world: World) -> None:
    auth = house.near.auth
    ada = auth.register("ada")
    user = auth.people[ada.user_id]
    await auth.tell("user.registered", ada.user_id, {"user": user, "new_field": 1})
    await eventually(lambda: _public(world, ada))
    assert await _public(world, ada) == user
    renamed = {**user, "display_name": "Ada L.", "something_new": True}
    await auth.tell("user.updated", ada.user_id, {"user": renamed})
    await auth.tell("user.role_changed", ada.user_id, {"user_id": ada.user_id, "role": "moderator"})
    expected = {**user, "display_name": "Ada L.", "role": "moderator"}
    await eventually(lambda: _equals(world, ada, expected))
    assert await world.db.read(users.house_role, ada.user_id) == "moderator"
    assert auth.asked == []
    room = await house.room(ada)
    [member] = (await house.done(ada, "GET", f"/rooms/{room['id']}/members"))["items"]
    assert member["display_name"] == "Ada L."


async def test_a_deleted_person_is_out_of_every_room(house: House, world: World) -> None:
    ada, bob = house.person("ada"), house.person("bob")
    room, direct = await house.room(ada), await house.done(bob, "POST", f"/dms/{ada.user_id}")
    await house.done(bob, "POST", f"/rooms/{room['id']}/join")
    await house.near.auth.tell("user.deleted", ada.user_id, {"user_id": ada.user_id})
    await eventually(lambda: _role_is(house, bob, room["id"], "owner"))
    [left] = (await house.done(bob, "GET", "/dms"))["items"]
    assert (left["id"], left["with"]["username"], left["member_count"]) == (direct["id"], "deleted", 1)
    assert code_of(await house.call(ada, "POST", f"/rooms/{room['id']}/join")) == (401, "unauthorized")


async def test_a_ban_removes_and_keeps_out_until_it_ends(house: House) -> None:
    ada, bob = house.person("ada"), house.person("bob")
    room = await house.room(ada)
    path = f"/rooms/{room['id']}"
    await house.done(bob, "POST", f"{path}/join")
    end = rfc3339(utc_now() + timedelta(seconds=1))
    news = {"room_id": room["id"], "user_id": bob.user_id, "expires_at": end, "by": ada.user_id, "reason": "spam"}
    await house.near.moderation.tell("member.banned", room["id"], news)
    await eventually(lambda: _role_is(house, bob, room["id"], None))
    assert code_of(await house.call(bob, "POST", f"{path}/join")) == (403, "banned")
    await eventually(lambda: _joins(house, bob, path), within=5)


async def test_news_that_makes_no_sense_holds_nothing_up(house: House, world: World) -> None:
    auth, ada = house.near.auth, house.person("ada")
    await auth.tell("user.registered", ada.user_id, {"user": {"id": "not an id"}})
    await auth.tell("user.something_new", ada.user_id, {"what": "ever"})
    await auth.tell("user.registered", ada.user_id, {"user": profile(ada.user_id, "ada")})
    await eventually(lambda: _public(world, ada), within=15)


async def test_bans_in_rooms_that_are_no_more(house: House, world: World) -> None:
    ada = house.person("ada")
    room_id = new_id()
    for type_ in ("member.banned", "member.unbanned"):
        await house.near.moderation.tell(type_, room_id, {"room_id": room_id, "user_id": ada.user_id})
    await house.near.auth.tell("user.registered", ada.user_id, {"user": house.near.auth.people[ada.user_id]})
    await eventually(lambda: _public(world, ada))


async def _public(world: World, who: Caller) -> object:
    return await world.db.read(users.public, who.user_id)


async def _equals(world: World, who: Caller, expected: object) -> bool:
    return await _public(world, who) == expected


async def _role_is(house: House, who: Caller, room_id: str, role: str | None) -> bool:
    return bool((await house.done(who, "GET", f"/rooms/{room_id}"))["my_role"] == role)


async def _joins(house: House, who: Caller, path: str) -> bool:
    return (await house.call(who, "POST", f"{path}/join")).status_code == 200
