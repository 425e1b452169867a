"""The access matrix against the whole running product (RELIABILITY.md 4 C): every cell, and no trace of a refusal."""

import asyncio
import re
from typing import Any, get_args

import httpx
import pytest

from services.gateway.realtime import frames
from services.gateway.routing import ROUTES
from shared.ids import new_id
from tests.security.access_matrix import ACTORS, FRAMES, ROWS, SOCKET, Row
from tests.security.cast import Cast, assemble
from tests.security.fresh_targets import Target
from tests.security.traces import differences, dump, settled
from tests.system.parley import Parley
from tests.system.person import Person, Sockets
from tests.system.test_sockets import bare

pytestmark = pytest.mark.xdist_group("access")

_PARAMETER = re.compile(r"{(\w+)}")
_ABOUT_A_ROOM = re.compile("{(room|message|file)_id}")


@pytest.fixture(scope="module")
def cast(parley: Parley) -> Cast:
    """Everybody at their place; only what a row makes for itself is used up."""
    return asyncio.run(assemble(parley))


async def ask(client: httpx.AsyncClient, row: Row, ids: dict[str, str], body: Any = None) -> httpx.Response:
    """The row's call with these ids in its path."""
    path = _PARAMETER.sub(lambda found: ids[found[1]], row.path)
    return await client.request(row.method, path, json=body or row.json, files=row.files, params=row.params)


def compared(row: Row, actor: str, answer: httpx.Response) -> list[str]:
    """What is wrong with a cell: nothing, or one line."""
    expected = row.expected[actor]
    if answer.status_code == expected:
        return []
    return [f"{row.method} {row.path} by {actor}: {answer.status_code}, not {expected}: {answer.text[:160]}"]


def test_every_route_has_a_row() -> None:
    routes = [f"{route.method} {route.path}" for route in ROUTES]
    rows = [f"{row.method} {row.path}" for row in ROWS]
    missing = [route for route in routes if route not in rows]
    assert not missing, f"add a row to tests/security/access_matrix.py for: {', '.join(missing)}"
    assert [row for row in rows if row not in routes] == [], "these are no routes (any more)"
    assert len(rows) == len(set(rows))


def test_every_client_frame_has_a_row() -> None:
    known = [frame.__struct_config__.tag for frame in get_args(frames.ClientFrame)]
    missing = [tag for tag in known if tag not in FRAMES]
    assert not missing, f"add a row to FRAMES in tests/security/access_matrix.py for: {', '.join(missing)}"
    assert FRAMES.keys() == set(known)


async def test_who_is_refused_is_refused_and_leaves_no_trace(parley: Parley, cast: Cast) -> None:
    before = await settled(parley.var)
    wrong, cells = [], 0
    for actor in ACTORS:
        async with cast.client(actor) as client:
            for row in ROWS:
                if actor in row.denied():
                    wrong += compared(row, actor, await ask(client, row, cast.ids))
                    cells += 1
    assert not wrong, "\n".join(wrong)
    assert cells > 500
    assert differences(before, dump(parley.var)) == []


async def test_a_trace_is_seen(parley: Parley, cast: Cast) -> None:
    before = await settled(parley.var)
    await cast.people["member"].call("POST", f"{cast.room}/messages", 201, json={"content": "a trace"})
    await cast.people["owner"].call("POST", f"{cast.room}/invites", 201, json={})
    found = "\n".join(differences(before, dump(parley.var)))
    for table in ("messaging.messages got", "messaging.timeline got", "rooms.invites got"):
        assert table in found


async def test_what_one_may_not_see_looks_like_what_is_not_there(cast: Cast) -> None:
    different = []
    for actor in ("stranger", "left", "admin"):
        async with cast.client(actor) as client:
            for row in ROWS:
                if row.expected[actor] != 404 or "{" not in row.path:
                    continue
                hidden, absent = await ask(client, row, cast.ids), await ask(client, row, elsewhere(cast))
                if appearance(hidden) != appearance(absent):
                    different.append(f"{row.method} {row.path} by {actor}: {hidden.text} / {absent.text}")
    assert not different, "\n".join(different)


async def test_a_conversation_of_two_is_nobody_elses_the_admin_included(parley: Parley, cast: Cast) -> None:
    ids = cast.ids | await conversation_of(cast.people["member"], cast.victim)
    about = [row for row in ROWS if _ABOUT_A_ROOM.search(row.path)]
    before = await settled(parley.var)
    shown = []
    for actor in ("stranger", "owner", "house", "admin"):
        async with cast.client(actor) as client:
            for row in about:
                hidden, absent = await ask(client, row, ids), await ask(client, row, elsewhere(cast))
                if hidden.status_code != 404 or appearance(hidden) != appearance(absent):
                    shown.append(f"{row.method} {row.path} by {actor}: {hidden.status_code} {hidden.text}")
    assert not shown, "\n".join(shown)
    assert len(about) > 30
    assert differences(before, dump(parley.var)) == []


async def conversation_of(one: Person, other: Person) -> dict[str, str]:
    """The ids of a direct room of these two, of a message in it and of a file."""
    room = await one.call("POST", f"/dms/{other.id}", 200)
    path = f"/rooms/{room['id']}"
    message = await one.call("POST", f"{path}/messages", 201, json={"content": "between us"})
    file = await one.call("POST", f"{path}/files", 201, files={"file": ("a.txt", b"tea")})
    return {"room_id": room["id"], "message_id": message["id"], "file_id": file["id"]}


def elsewhere(cast: Cast) -> dict[str, str]:
    """Ids of nothing; the emoji and the code of an invitation are no ids."""
    return {name: value if name in ("emoji", "code") else new_id() for name, value in cast.ids.items()}


def appearance(answer: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    """The answer without what differs from one to the next."""
    told = answer.content.replace(answer.headers["x-request-id"].encode(), b"")
    # Whether a refused upload had arrived whole decides if the connection can be used again: chance, on either side.
    varying = ("date", "x-request-id", "connection")
    return answer.status_code, told, [pair for pair in answer.headers.multi_items() if pair[0] not in varying]


async def test_who_may_may(cast: Cast) -> None:
    wrong, cells = [], 0
    for actor in ACTORS:
        async with cast.client(actor) as client:
            for row in ROWS:
                if actor in row.allowed():
                    wrong += compared(row, actor, await granted(client, cast, row, actor))
                    cells += 1
    assert not wrong, "\n".join(wrong)
    assert cells > 350


async def granted(client: httpx.AsyncClient, cast: Cast, row: Row, actor: str) -> httpx.Response:
    """The answer to who may; on a target of its own where the call uses it up."""
    target = await row.fresh(cast, actor) if row.fresh else Target()
    ids = cast.ids | target.ids
    if target.caller is None:
        return await ask(client, row, ids, target.json)
    client.headers, kept = {"Authorization": f"Bearer {target.caller.token}"}, client.headers
    try:
        return await ask(client, row, ids, target.json)
    finally:
        client.headers = kept


async def test_a_room_s_socket_opens_for_its_members(cast: Cast) -> None:
    path = f"/ws/{cast.ids['room_id']}"
    for actor, expected in SOCKET.items():
        token = cast.people[actor].token if actor in cast.people else ""
        async with bare(cast.base, path, subprotocols=["bearer", token or "none"]) as socket:
            if expected == "ready":
                assert (await socket.next())["type"] == "ready", actor
            else:
                assert str((await socket.closed())[0]) == expected, actor


async def test_frames_about_the_room(parley: Parley, cast: Cast) -> None:
    outside = ("stranger", "house", "admin", "left", "barred")
    before = await settled(parley.var)
    wrong = [line for actor in outside for line in await frames_of(cast, actor)]
    assert differences(before, dump(parley.var)) == []
    for actor in ("member", "muted", "moderator", "owner"):
        wrong += await frames_of(cast, actor)
    assert not wrong, "\n".join(wrong)


async def frames_of(cast: Cast, actor: str) -> list[str]:
    """What is wrong with what the actor's frames come to, one socket for all."""
    person = cast.people[actor]
    names = cast.ids | {"token": person.token, "doomed_id": cast.ids["message_id"]}
    wrong = []
    if FRAMES["message.delete"][1][actor] == "ok":
        owner = cast.people["owner"]
        doomed = await owner.call("POST", f"{cast.room}/messages", 201, json={"content": "doomed"})
        names["doomed_id"] = doomed["id"]
    async with person.socket("/ws") as socket:
        for type_, (fields, expected) in FRAMES.items():
            filled = {name: fill(value, names) for name, value in fields.items()}
            came_to = await outcome(socket, person, type_, filled)
            if came_to != expected[actor]:
                wrong.append(f"{type_} by {actor}: {came_to}, not {expected[actor]}")
    return wrong


def fill(value: Any, names: dict[str, str]) -> Any:
    return _PARAMETER.sub(lambda found: names[found[1]], value) if isinstance(value, str) else value


_ACKED = ("message.send", "message.edit", "message.delete", "reaction.add", "reaction.remove", "read")


async def outcome(socket: Sockets, person: Person, type_: str, fields: dict[str, Any]) -> str:
    """`ok`, or the code of the error that the frame got."""
    if type_ in _ACKED:
        fields = fields | {"client_id": person.new_client_id()}
    await socket.send(type=type_, **fields)
    awaited = {"subscribe": "ready"} | dict.fromkeys(_ACKED, "ack")
    if type_ not in awaited:
        await socket.send(type="ping", id="after")
    while True:
        frame = await socket.next()
        if frame["type"] == "error":
            if type_ not in awaited:
                await socket.until("pong")
            return str(frame["code"])
        if frame["type"] == awaited.get(type_, "pong") and (type_ in awaited or frame["id"] == "after"):
            return "ok"
