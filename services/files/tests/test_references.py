"""Which message has which file: a file lives as long as one has it, or may still come to have it."""

from datetime import timedelta

from sqlalchemy import text, update

from services.files.actions.collect import collect
from services.files.actions.follow_message import message_gone, message_has
from services.files.models import files
from services.files.tests.conftest import Person, Service
from services.files.tests.drawn import PNG
from services.files.tests.fake_rooms import FakeRooms
from services.files.tests.neighbours import FakeAuth, FakeMessaging
from services.files.tests.recorded import recorded
from shared.bus import Bus
from shared.clock import rfc3339, utc_now
from shared.database import ReadSession, WriteSession
from shared.ids import new_id
from shared.settings import ProcessSettings
from shared.testing.nats import NatsServer
from shared.testing.waiting import eventually


async def exists(service: Service, file_id: str, person: Person) -> bool:
    return (await service.get(f"/files/{file_id}", person)).status_code == 200


async def gone(service: Service, file_id: str, person: Person) -> None:
    async def is_gone() -> bool:
        return not await exists(service, file_id, person)

    await eventually(is_gone)


async def attached(service: Service, count: int) -> None:
    def read(tx: ReadSession) -> int:
        return int(tx.execute(text("SELECT COUNT(*) FROM attachments")).scalar_one())

    async def there() -> bool:
        return await service.db.read(read) == count

    await eventually(there)


async def wait_for_ages(service: Service) -> None:
    """As if everything that waits had been uploaded two days ago."""

    def age(tx: WriteSession) -> None:
        waiting = update(files).where(files.c.unused_since <= tx.now)
        tx.execute(waiting.values(unused_since=tx.now - timedelta(days=2)))

    await service.db.write(age)


async def test_a_file_goes_with_the_last_message_that_has_it(
    service: Service, messaging: FakeMessaging, room: str, alice: Person
) -> None:
    shared, alone = await service.stored(room, alice, PNG, "a.png"), await service.stored(room, alice)
    first = await messaging.send(room, shared, alone)
    second = await messaging.send(room, shared)
    await attached(service, 3)
    await messaging.delete(first, room)
    await gone(service, alone, alice)
    assert await exists(service, shared, alice)
    await messaging.delete(second, room)
    await gone(service, shared, alice)
    await eventually(lambda: service.left() == [])
    told = [data["file_id"] for kind, data in await recorded(service) if kind == "file.deleted"]
    assert told == [alone, shared]


async def test_a_message_that_was_emptied_before_it_was_told_lets_go_of_its_files(
    service: Service, messaging: FakeMessaging, room: str, alice: Person
) -> None:
    shared, alone = await service.stored(room, alice), await service.stored(room, alice)
    await messaging.send(room, shared)
    await attached(service, 1)
    emptied = await messaging.send(room)
    await messaging.delete(emptied, room, alone, shared, new_id())
    await gone(service, alone, alice)
    assert await exists(service, shared, alice), "another message has it"
    elsewhere = await service.stored(room, alice)
    await messaging.delete(await messaging.send(room), new_id(), elsewhere)
    await messaging.delete(await messaging.send(room), room, last := await service.stored(room, alice))
    await gone(service, last, alice)
    assert await exists(service, elsewhere, alice), "it is in another room"


async def test_files_of_a_message_that_a_moderator_is_to_look_at_wait_for_it(
    service: Service, messaging: FakeMessaging, room: str, alice: Person
) -> None:
    known, unknown = await service.stored(room, alice), await service.stored(room, alice)
    shared, forgotten = await service.stored(room, alice), await service.stored(room, alice)
    await messaging.send(room, shared)
    first = await messaging.send(room, known, shared)
    await attached(service, 3)
    in_a_week = utc_now() + timedelta(days=7)
    await messaging.delete(first, room, known, shared, wait=in_a_week)
    await messaging.delete(new_id(), room, unknown, wait=in_a_week)
    await messaging.delete(new_id(), room, forgotten, wait=utc_now() - timedelta(days=7))
    await gone(service, forgotten, alice)
    await attached(service, 1)
    await wait_for_ages(service)
    await messaging.delete(new_id(), room, last := await service.stored(room, alice))
    await gone(service, last, alice)
    assert [await exists(service, each, alice) for each in (known, unknown, shared)] == [True] * 3
    again = await messaging.send(room, known, unknown)
    await attached(service, 3)
    await messaging.delete(again, room)
    await gone(service, known, alice)
    await gone(service, unknown, alice)


async def test_what_a_room_keeps_no_longer_lets_go_of_its_files(
    service: Service, messaging: FakeMessaging, room: str, alice: Person
) -> None:
    shared, alone = await service.stored(room, alice), await service.stored(room, alice)
    old, older = await messaging.send(room, shared), await messaging.send(room, alone)
    await messaging.send(room, shared)
    await attached(service, 3)
    await messaging.purge(room, old, older, new_id())
    await gone(service, alone, alice)
    await attached(service, 1)
    assert await exists(service, shared, alice)
    assert [data["file_id"] for kind, data in await recorded(service) if kind == "file.deleted"] == [alone]


async def test_a_message_that_loses_a_file_and_gets_another(
    service: Service, messaging: FakeMessaging, room: str, alice: Person
) -> None:
    first, second = await service.stored(room, alice), await service.stored(room, alice)
    message = await messaging.send(room, first)
    await messaging.change(message, room, second)
    await gone(service, first, alice)
    assert await exists(service, second, alice)


async def test_a_file_that_no_message_takes_up_goes_after_a_while(
    service: Service, messaging: FakeMessaging, room: str, alice: Person
) -> None:
    used, waiting = await service.stored(room, alice), await service.stored(room, alice)
    await messaging.send(room, used)
    await attached(service, 1)
    await wait_for_ages(service)
    young = await service.stored(room, alice)
    await gone(service, waiting, alice)
    assert await exists(service, used, alice)
    assert await exists(service, young, alice)


async def test_a_message_that_is_to_come_later_finds_its_files(
    service: Service, messaging: FakeMessaging, room: str, alice: Person, nats_server: NatsServer
) -> None:
    held, waiting = await service.stored(room, alice), await service.stored(room, alice)
    bus = Bus("messaging", ProcessSettings(nats_url=nats_server.url))
    async with bus.connected():
        in_a_week = rfc3339(utc_now() + timedelta(days=7))
        described = await bus.request("rpc.files.describe", {"ids": [held], "needed_until": in_a_week})
        assert [file["id"] for file in described["files"]] == [held]
    await wait_for_ages(service)
    await gone(service, waiting, alice)
    assert await exists(service, held, alice)
    message = await messaging.send(room, held)
    await attached(service, 1)
    await messaging.delete(message, room)
    await gone(service, held, alice)


async def test_the_files_of_another_room_are_none_of_its_business(
    service: Service, rooms: FakeRooms, messaging: FakeMessaging, room: str, alice: Person
) -> None:
    other = await rooms.room(**{alice.user_id: "owner"})
    file_id, mine = await service.stored(other, alice), await service.stored(room, alice)
    message = await messaging.send(room, file_id, mine, new_id())
    await attached(service, 1)
    await messaging.delete(message, room)
    await gone(service, mine, alice)
    assert await exists(service, file_id, alice)


async def test_an_account_leaves_what_messages_show(
    service: Service, rooms: FakeRooms, messaging: FakeMessaging, auth: FakeAuth, room: str, alice: Person, bob: Person
) -> None:
    await rooms.join(room, bob.user_id)
    shown, unused = await service.stored(room, bob), await service.stored(room, bob)
    others = await service.stored(room, alice)
    await messaging.send(room, shown)
    await attached(service, 1)
    await auth.delete(bob.user_id)
    await gone(service, unused, alice)
    assert await exists(service, shown, alice)
    assert await exists(service, others, alice)


async def test_telling_it_again_changes_nothing(service: Service, room: str, alice: Person) -> None:
    file_id, message = await service.stored(room, alice), new_id()
    for _ in range(2):
        await service.db.write(message_has, message, room, [file_id])
    await attached(service, 1)
    for _ in range(2):
        await service.db.write(message_gone, message)
    await service.db.write(message_has, message, room, [file_id])
    await attached(service, 0)
    assert await service.db.write(collect, timedelta()) is True


async def test_a_deleted_file_is_no_longer_counted(
    service: Service, messaging: FakeMessaging, room: str, alice: Person
) -> None:
    file_id = await service.stored(room, alice)
    message = await messaging.send(room, file_id)
    await attached(service, 1)
    assert (await service.delete(file_id, alice)).status_code == 204
    await attached(service, 0)
    await messaging.delete(message, room)
    kept = await service.stored(room, alice)
    await messaging.send(room, kept)
    await attached(service, 1)
    assert [kind for kind, _ in await recorded(service)].count("file.deleted") == 1
