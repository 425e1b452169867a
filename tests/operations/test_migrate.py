"""The move from SQLite to PostgreSQL, on what people have said and done in the running product."""

import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

from shared.testing.postgres import Postgres
from tests.faults.arena import Arena, running
from tests.operations.commands import ran, refused
from tests.operations.talk import Talk
from tests.system.person import login, register

SERVICES = ("auth", "rooms", "messaging", "moderation", "files")


async def test_everything_goes_on_where_it_was_on_postgresql(tmp_path: Path, postgres: Postgres) -> None:
    arena = Arena(tmp_path, {})
    word = f"marmalade{secrets.token_hex(4)}"
    async with running(arena):
        anna, bert = await register(arena.parley.base, "anna"), await register(arena.parley.base, "bert")
        room = await anna.create_room()
        await bert.join(room)
        talk = Talk(anna, room["id"])
        first = await anna.call("POST", f"/rooms/{room['id']}/messages", 201, json={"content": f"some {word} 🍊"})
        for number in range(20):
            await talk.say(f"word {number}")
        await anna.call("POST", f"/messages/{first['id']}/react", json={"emoji": "👍"})
        path = f"/ws/{room['id']}"
        file = {"file": ("a.txt", b"kept", "text/plain")}
        upload = await anna.call("POST", f"/rooms/{room['id']}/files", 201, files=file)
        async with anna.socket(path) as socket:
            ready = await socket.until("ready")
        urls = {f"{name.upper()}_DATABASE_URL": postgres.create_database() for name in SERVICES}

    printed = await ran("deploy.migrate", var=arena.parley.var, **urls)
    assert [line.partition(":")[0] for line in printed.splitlines()] == list(SERVICES)

    moved = Arena(tmp_path, urls, arena.parley.var)
    async with running(moved):
        anna = await login(moved.parley.base, anna.username)
        found = await anna.call("GET", f"/rooms/{room['id']}/search", params={"q": word})
        assert [one["id"] for one in found["items"]] == [first["id"]]
        assert found["items"][0]["reactions"]
        talk.person = anna
        async with anna.socket(path, since=ready["seq"], epoch=ready["epoch"]) as socket:
            assert (await socket.until("caught_up"))["seq"] == ready["seq"]
            assert not [frame for frame in socket.seen if frame["type"] == "resync"]
            assert await talk.say("after the move") == ready["seq"] + 1
            assert (await socket.until("message.created"))["seq"] == ready["seq"] + 1
        assert upload["id"] == (await anna.call("GET", f"/files/{upload['id']}"))["id"]
        assert await Talk(anna, (await anna.create_room())["id"]).say("a new room")


async def test_what_does_not_fit_is_refused(tmp_path: Path, postgres: Postgres) -> None:
    var = tmp_path / "var"
    (var / "rooms").mkdir(parents=True)
    (var / "lock").touch()
    source = var / "rooms" / "rooms.sqlite3"
    target = postgres.create_database()
    await refused("deploy.migrate", var=var, said="Say where to")
    await refused("deploy.migrate", var=var, said="rooms has no SQLite database", ROOMS_DATABASE_URL=target)
    await ran("deploy.migrations", f"rooms=sqlite:///{source}", var=var)
    await ran("deploy.migrate", var=var, ROOMS_DATABASE_URL=target)
    await refused("deploy.migrate", var=var, said="is not empty", ROOMS_DATABASE_URL=target)
    with closing(sqlite3.connect(source)) as database:
        database.execute("CREATE TABLE of_tomorrow (id INTEGER)")
        database.commit()
    await refused(
        "deploy.migrate", var=var, said="does not know: of_tomorrow", ROOMS_DATABASE_URL=postgres.create_database()
    )
