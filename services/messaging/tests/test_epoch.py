"""A database that went back in time says so: a new epoch, and nobody mixes two histories (RELIABILITY.md F15)."""

import shutil
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.messaging.app import create_app
from services.messaging.epoch import start_over
from services.messaging.settings import Settings
from services.messaging.tests.world import World
from shared.bus import Bus
from shared.problems import Problem
from shared.settings import ProcessSettings
from shared.testing.migrated import Migrated
from shared.testing.nats import NatsServer
from shared.testing.plugin import CALLER_SECRET, caller_header, running
from shared.testing.waiting import eventually


@pytest.fixture
def settings(own_nats_server: NatsServer, tmp_path: Path, migrated: Migrated) -> Settings:
    """SQLite alone: its backup is one file."""
    url = migrated.sqlite(tmp_path / "messaging.db", "services.messaging:migrations")
    return Settings(database_url=url, nats_url=own_nats_server.url, caller_secret=SecretStr(CALLER_SECRET))


async def epoch_of(world: World) -> str:
    async def heads() -> str:
        try:
            answer = await world.bus.request("rpc.messaging.heads", {"after": 0})
        except Problem as problem:
            raise AssertionError(problem.detail) from problem
        return str(answer["epoch"])

    return await eventually(heads)


async def copied(world: World, pos: int) -> None:
    """Until the broker has everything up to the position."""

    async def is_copied() -> bool:
        state = (await world.bus.js.stream_info("MESSAGING")).state
        message = await world.bus.js.get_msg("MESSAGING", seq=state.last_seq)
        return f'"id":{pos},'.encode() in (message.data or b"")

    await eventually(is_copied)


async def test_a_restored_backup_begins_a_new_epoch(settings: Settings, tmp_path: Path) -> None:
    bus = Bus("rooms", ProcessSettings(nats_url=settings.nats_url))
    async with bus.connected():
        world = World(bus)
        await world.serve()
        async with running(create_app(settings)):
            anna, _, room_id = await world.pair()
            await world.send(anna, room_id, "before the backup", "1")
            await copied(world, 3)
            first = await epoch_of(world)
        async with running(create_app(settings)):
            assert await epoch_of(world) == first
        shutil.copy(tmp_path / "messaging.db", tmp_path / "backup")
        async with running(create_app(settings)):
            for number in range(3):
                await world.send(anna, room_id, "after the backup", f"a{number}")
            await copied(world, 6)
        for name in ("messaging.db-wal", "messaging.db-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        shutil.copy(tmp_path / "backup", tmp_path / "messaging.db")
        async with running(create_app(settings)):
            second = await epoch_of(world)
            assert second != first
            header, frames = await world.replay(room_id, 5, resume=True)
            assert (header["epoch"], header["too_far"], header["head"], frames) == (second, True, 3, [])
            assert (await world.send(anna, room_id, "another history", "b"))["seq"] == 4
            await copied(world, 4)
        async with running(create_app(settings)):
            assert await epoch_of(world) == second


async def test_nobody_is_served_before_the_broker_was_asked(settings: Settings, own_nats_server: NatsServer) -> None:
    own_nats_server.stop()
    async with running(create_app(settings)) as http:
        header = caller_header("messaging", "01890000-0000-7000-8000-000000000000")
        answer = await http.get("/api/v1/rooms/unread", headers=header)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert (await http.get("/readyz")).json()["checks"]["epoch"] != "ok"
        own_nats_server.start()

        async def is_served() -> bool:
            return (await http.get("/api/v1/rooms/unread", headers=header)).status_code == 200

        await eventually(is_served)


async def test_an_operator_begins_one_when_the_broker_is_lost_too(
    settings: Settings, own_nats_server: NatsServer
) -> None:
    bus = Bus("rooms", ProcessSettings(nats_url=settings.nats_url))
    async with bus.connected():
        world = World(bus)
        await world.serve()
        async with running(create_app(settings)):
            first = await epoch_of(world)
        own_nats_server.wipe()
        second = await start_over(settings.database_url)
        async with running(create_app(settings)):
            assert await epoch_of(world) == second != first
