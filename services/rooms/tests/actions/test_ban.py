from services.rooms.actions.ban import ban, unban
from services.rooms.actions.open_direct import open_direct
from services.rooms.tests.world import World
from shared.ids import new_id


async def test_a_ban_removes_the_member(world: World) -> None:
    ada = await world.person("ada")
    room = await world.room(ada)
    bob = await world.member(room, owner=ada)
    await world.act(ban, room.id, bob.user_id, None)
    expected = {"room_id": room.id, "user_id": bob.user_id, "reason": "banned", "by": None}
    assert world.told() == [("member.left", expected)]
    await world.act(ban, room.id, bob.user_id, None)
    assert world.told() == []


async def test_a_banned_owner_is_succeeded(world: World) -> None:
    ada = await world.person("ada")
    room = await world.room(ada)
    bob = await world.member(room, owner=ada)
    await world.act(ban, room.id, ada.user_id, None)
    assert await world.member_ids(room.id) == [(bob.user_id, "owner")]


async def test_news_of_what_we_do_not_have_is_no_trouble(world: World) -> None:
    ada, bob = await world.person("ada"), await world.person("bob")
    direct = await world.act(open_direct, ada, bob.user_id)
    for room_id in (new_id(), direct.id):
        await world.act(ban, room_id, bob.user_id, None)
        await world.act(unban, room_id, bob.user_id)
    assert world.told() == []
    assert len(await world.member_ids(direct.id)) == 2
