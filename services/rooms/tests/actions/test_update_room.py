from typing import Any

import pytest

from services.rooms.actions.join import join
from services.rooms.actions.update_room import update_room
from services.rooms.schemas import RoomChanges
from services.rooms.tests.world import World
from shared.problems import Forbidden


async def test_what_is_said_changes_and_the_rest_stays(world: World) -> None:
    ada = await world.person()
    room = await world.room(ada, name="Tea", description="Green", profanity="mask")
    changed = await world.act(update_room, ada, room.id, RoomChanges(name="Coffee", kind="private"))
    assert (changed.name, changed.kind) == ("Coffee", "private")
    assert (changed.description, changed.profanity, changed.my_role) == ("Green", "mask", "owner")
    assert changed.updated_at >= room.updated_at
    expected = changed.model_dump(mode="json", exclude={"member_count", "my_role"})
    assert world.told() == [("room.updated", {"room": expected, "by": ada.user_id})]
    assert world.told_subjects() == [f"rooms.room.{room.id}.updated"]


async def test_a_room_is_archived_and_opened_again(world: World) -> None:
    ada = await world.person()
    room = await world.room(ada)
    assert room.archived is False
    moderator = await world.member(room, "moderator", owner=ada)
    assert (await world.act(update_room, moderator, room.id, RoomChanges(archived=True))).archived is True
    [(_, data)] = world.told()
    assert data["room"]["archived"] is True
    await world.act(join, await world.person("reader"), room.id, None)
    assert (await world.act(update_room, ada, room.id, RoomChanges(archived=False))).archived is False


async def test_how_long_messages_are_kept_is_the_owners_to_say(world: World) -> None:
    ada, admin = await world.person(), await world.person("root", "admin")
    room = await world.room(ada, retention_days=30)
    moderator = await world.member(room, "moderator", owner=ada)
    with pytest.raises(Forbidden):
        await world.act(update_room, moderator, room.id, RoomChanges(name="Renamed", retention_days=1))
    assert world.told() == []
    renamed = await world.act(update_room, moderator, room.id, RoomChanges(name="Renamed", retention_days=30))
    assert (renamed.name, renamed.retention_days) == ("Renamed", 30)
    assert (await world.act(update_room, admin, room.id, RoomChanges(retention_days=7))).retention_days == 7
    assert (await world.act(update_room, ada, room.id, RoomChanges(retention_days=None))).retention_days is None
    [(_, data)] = world.told()
    assert data["room"]["retention_days"] is None


@pytest.mark.parametrize("changes", [{}, {"name": "Tea"}, {"expires_at": None}], ids=str)
async def test_no_news_is_not_told(world: World, changes: dict[str, Any]) -> None:
    ada = await world.person()
    room = await world.room(ada, name="Tea")
    same = await world.act(update_room, ada, room.id, RoomChanges(**changes))
    assert same == room
    assert world.told() == []


async def test_a_temporary_room_can_be_kept_and_a_lasting_one_ended(world: World) -> None:
    ada = await world.person()
    room = await world.room(ada, ttl_seconds=60)
    kept = await world.act(update_room, ada, room.id, RoomChanges(ttl_seconds=None))
    assert kept.expires_at is None
    ending = await world.act(update_room, ada, room.id, RoomChanges(ttl_seconds=90))
    assert ending.expires_at is not None


async def test_moderators_edit_and_members_do_not(world: World) -> None:
    ada = await world.person()
    room = await world.room(ada)
    moderator = await world.member(room, "moderator", owner=ada)
    member = await world.member(room, owner=ada)
    changed = await world.act(update_room, moderator, room.id, RoomChanges(slow_mode_seconds=9))
    assert (changed.slow_mode_seconds, changed.my_role) == (9, "moderator")
    with pytest.raises(Forbidden):
        await world.act(update_room, member, room.id, RoomChanges(slow_mode_seconds=0))
    assert world.told() == []
