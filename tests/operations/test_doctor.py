"""The doctor visits a whole run: well, with a service that hangs, and after it was stopped."""

import asyncio
import os
import signal
from pathlib import Path

from shared.testing.waiting import eventually
from tests.faults.arena import Arena, running
from tests.operations.commands import ran, run
from tests.system.person import register


async def test_a_run_is_well_until_something_hangs(tmp_path: Path) -> None:
    arena = Arena(tmp_path, {})
    async with running(arena):
        await (await register(arena.parley.base)).create_room()

        async def all_is_said_to_be_well() -> bool:
            """A follower that was there before its producer asks again some seconds later."""
            said = await ran("deploy.doctor", var=arena.parley.var)
            for about in ("jetstream", "nats user gateway", "outbox of rooms", "messaging following rooms", "epoch"):
                assert f"\nok     {about} " in said
            return True

        await eventually(all_is_said_to_be_well, within=30)
        hanging = arena.parley.pid("rooms")
        os.kill(hanging, signal.SIGSTOP)
        try:
            assert await _wrong(arena) == {"rooms"}
        finally:
            os.kill(hanging, signal.SIGCONT)
        await arena.ready()
    wrong = await _wrong(arena)
    assert {"nats", "auth", "rooms", "messaging", "moderation", "files", "gateway"} == wrong


async def _wrong(arena: Arena) -> set[str]:
    done = await asyncio.to_thread(lambda: run("deploy.doctor", var=arena.parley.var))
    assert (done.returncode, done.stderr) == (1, "")
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("WRONG")]
    return {words[1] for words in lines}
