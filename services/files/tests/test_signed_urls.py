"""Signed URLs: made for a member, for one file, for a while; worth nothing once the member has left."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.files import store
from services.files.signed_urls import UrlSigner
from services.files.tests.conftest import Person, Service
from services.files.tests.drawn import PNG
from services.files.tests.fake_rooms import FakeRooms
from services.files.tests.neighbours import FakeAuth
from services.files.tests.only_sqlite import ONLY_SQLITE
from shared.caller import Caller
from shared.ids import new_id
from shared.problems import Unauthorized
from shared.testing.plugin import CALLER_SECRET, caller_header
from shared.testing.waiting import eventually

SIGNER = UrlSigner(CALLER_SECRET, 300)
FILE, USER = new_id(), Caller(new_id(), new_id(), "user", "192.0.2.1")


def test_a_token_says_who_asks() -> None:
    assert SIGNER.owner_of(SIGNER.sign(FILE, USER), FILE) == (USER.user_id, USER.session_id)


def test_a_token_is_good_for_its_file_and_its_time_only(monkeypatch: pytest.MonkeyPatch) -> None:
    token = SIGNER.sign(FILE, USER)
    for signer, file_id in ((SIGNER, new_id()), (UrlSigner("x" * 40, 300), FILE), (UrlSigner(CALLER_SECRET, 10), FILE)):
        with pytest.raises(Unauthorized):
            signer.owner_of(token, file_id)
    monkeypatch.setattr("time.time", lambda: float(token.partition(".")[0]))
    with pytest.raises(Unauthorized):
        SIGNER.owner_of(token, FILE)


@given(st.integers(0, 120), st.characters())
def test_no_other_spelling_is_a_token(at: int, char: str) -> None:
    token = SIGNER.sign(FILE, USER)
    at %= len(token)
    changed = token[:at] + char + token[at + 1 :]
    if changed != token:
        with pytest.raises(Unauthorized):
            SIGNER.owner_of(changed, FILE)


@given(st.text(max_size=100))
def test_nothing_else_is_a_token(text: str) -> None:
    with pytest.raises(Unauthorized):
        SIGNER.owner_of(text, FILE)


@ONLY_SQLITE
async def test_urls_work_without_a_header(service: Service, room: str, alice: Person) -> None:
    uploaded = (await service.upload(room, alice, PNG, "a.png")).json()
    asked = (await service.get(f"/files/{uploaded['id']}", alice)).json()
    for file in (uploaded, asked):
        content, thumbnail = await service.get_open(file["url"]), await service.get_open(file["thumbnail_url"])
        assert (content.status_code, content.headers["content-type"]) == (200, "image/png")
        assert (thumbnail.status_code, thumbnail.headers["content-type"]) == (200, "image/webp")
        assert (await service.get_open(file["url"], Range="bytes=0-3")).status_code == 206


@ONLY_SQLITE
@pytest.mark.parametrize("reason", ["left", "kicked", "banned"])
async def test_urls_die_when_the_person_leaves(
    service: Service, rooms: FakeRooms, room: str, alice: Person, bob: Person, reason: str
) -> None:
    await rooms.join(room, bob.user_id)
    file_id = await service.stored(room, alice)
    mine = (await service.get(f"/files/{file_id}", bob)).json()["url"]
    hers = (await service.get(f"/files/{file_id}", alice)).json()["url"]
    assert (await service.get_open(mine)).status_code == 200
    await rooms.leave(room, bob.user_id, reason)

    async def dead() -> bool:
        return (await service.get_open(mine)).status_code == 404

    await eventually(dead)
    assert (await service.get_open(mine, **{"If-None-Match": f'"{file_id}"'})).status_code == 404
    assert (await service.get_open(hers)).status_code == 200
    await rooms.join(room, bob.user_id)
    assert (await service.get_open(mine)).status_code == 200, "back in the room before the link's time is over"


@ONLY_SQLITE
async def test_urls_die_with_the_session(service: Service, room: str, alice: Person, auth: FakeAuth) -> None:
    file_id = await service.stored(room, alice, PNG, "a.png")
    phone, desk = new_id(), new_id()
    links = []
    for session_id in (phone, desk):
        headers = caller_header("files", alice.user_id, session_id=session_id)
        file = (await service.client.get(f"/api/v1/files/{file_id}", headers=headers)).json()
        links.append((file["url"], file["thumbnail_url"]))
    await auth.log_out(phone, alice.user_id)

    async def dead() -> bool:
        return (await service.get_open(links[0][0])).status_code == 401

    await eventually(dead)
    assert (await service.get_open(links[0][1])).status_code == 401
    assert [(await service.get_open(link)).status_code for link in links[1]] == [200, 200]
    # It is remembered for as long as the link might be good, and no longer.
    await service.db.write(store.forget_ended_sessions, timedelta(hours=1))
    assert await dead()
    await service.db.write(store.forget_ended_sessions, timedelta(seconds=-1))
    assert not await dead()


@ONLY_SQLITE
async def test_nobody_in_particular_is_told_nothing(service: Service, room: str, alice: Person, bob: Person) -> None:
    file_id = await service.stored(room, alice, PNG, "a.png")
    other = await service.stored(room, alice)
    token = (await service.get(f"/files/{file_id}", alice)).json()["url"].partition("token=")[2]
    for path in (f"/files/{file_id}/content", f"/files/{file_id}/thumbnail", f"/files/{new_id()}/content"):
        for query in ("", "?token=", "?token=x", f"?token={'x' * 200}"):
            assert (await service.get_open(path + query)).status_code == 401
    assert (await service.get_open(f"/files/{other}/content?token={token}")).status_code == 401
    # Who says who they are is not somebody else for a token that they hold.
    assert (await service.get(f"/files/{file_id}/content?token={token}", bob)).status_code == 404
    # A stranger may ask what a file is called like no better.
    assert (await service.get_open(f"/files/{file_id}?token={token}")).status_code == 401
