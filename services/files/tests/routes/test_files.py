"""GET and DELETE /files/{file_id}."""

from services.files.tests.conftest import Person, Service
from services.files.tests.fake_rooms import FakeRooms
from shared.ids import new_id
from shared.testing.waiting import eventually


async def test_members_and_the_uploader_see_a_file(
    service: Service, rooms: FakeRooms, room: str, alice: Person, bob: Person
) -> None:
    await rooms.join(room, bob.user_id)
    file = (await service.upload(room, bob)).json()
    path = f"/files/{file['id']}"
    for person in (alice, bob):
        seen = (await service.get(path, person)).json()
        assert seen | {"url": ""} == file | {"url": ""}
    await rooms.leave(room, bob.user_id)
    assert (await service.get(path, bob)).status_code == 200
    assert (await service.get(path, Person())).status_code == 404
    assert (await service.get(path, Person(role="admin"))).status_code == 404
    assert (await service.get(f"/files/{new_id()}", alice)).status_code == 404


async def test_who_may_delete(service: Service, rooms: FakeRooms, alice: Person, bob: Person) -> None:
    carol, dave = Person(), Person()
    room = await rooms.room(**{alice.user_id: "owner", bob.user_id: "moderator", carol.user_id: "member"})
    await rooms.join(room, dave.user_id)
    for person in (alice, bob, carol, Person(role="moderator"), Person(role="admin")):
        file_id = await service.stored(room, carol)
        assert (await service.delete(file_id, dave)).status_code == 403
        assert (await service.delete(file_id, Person())).status_code == 404
        assert (await service.delete(file_id, person)).status_code == 204
        assert (await service.get(f"/files/{file_id}", carol)).status_code == 404
        assert (await service.get(f"/files/{file_id}/content", carol)).status_code == 404
        assert (await service.delete(file_id, person)).status_code == 404
    await eventually(lambda: service.left() == [])


async def test_nobody_stands_over_a_conversation_of_two(
    service: Service, rooms: FakeRooms, alice: Person, bob: Person
) -> None:
    room = await rooms.room(**{alice.user_id: "member", bob.user_id: "member"})
    file_id = await service.stored(room, alice)
    for staff in (Person(role="moderator"), Person(role="admin")):
        assert (await service.delete(file_id, staff)).status_code == 404
    assert (await service.delete(file_id, bob)).status_code == 403
    assert (await service.delete(file_id, alice)).status_code == 204


async def test_a_new_moderator_deletes_at_once(
    service: Service, rooms: FakeRooms, room: str, alice: Person, bob: Person
) -> None:
    file_id = await service.stored(room, alice)
    await rooms.join(room, bob.user_id)
    await rooms.promote(room, bob.user_id, "moderator")
    assert (await service.delete(file_id, bob)).status_code == 204


async def test_a_deletion_needs_a_caller(service: Service, room: str, alice: Person) -> None:
    file_id = await service.stored(room, alice)
    assert (await service.client.delete(f"/api/v1/files/{file_id}")).status_code == 401
    assert (await service.get(f"/files/{file_id}", alice)).status_code == 200
