"""One service at a time is restarted, or changed for another version, while people talk: every send ends acked."""

import asyncio
import shutil
from functools import partial
from pathlib import Path

from tests.deploy.load import noticed
from tests.deploy.stack import Stack
from tests.faults.arena import SERVICES
from tests.faults.crowd import Crowd, Size, crowd
from tests.system.parley import ROOT

_SIZE = Size(rooms=2, senders=3, listeners=1, gap=0.02)


async def test_a_rolling_restart_fails_no_send(stack: Stack, figures: list[str]) -> None:
    async with crowd(stack, _SIZE) as people:
        await people.more_acked(100)
        for service in SERVICES:
            restart = partial(asyncio.to_thread, stack.compose, "restart", "--no-deps", service)
            figures.append(await noticed(people, f"restart of {service}", restart))
    await _all_kept(people)


async def test_one_service_gets_a_new_version_while_the_others_stay(
    stack: Stack, figures: list[str], tmp_path: Path
) -> None:
    await asyncio.to_thread(_build_next, stack, "rooms", tmp_path)
    before = {one.name: one.id for one in stack.containers()}
    new = {"ROOMS_VERSION": f"{stack.name}-next"}
    async with crowd(stack, _SIZE) as people:
        await people.more_acked(100)
        upgrade = partial(asyncio.to_thread, stack.up, "rooms", **new)
        figures.append(await noticed(people, "rooms becomes 0.1.0+next", upgrade))
        assert stack.readiness("rooms")["version"] == "0.1.0+next"
        after = {one.name: one.id for one in stack.containers()}
        changed = {name for name in before if before[name] != after[name]}
        assert changed == {f"{stack.name}-rooms-1", f"{stack.name}-rooms-migrate-1"}
        back = partial(asyncio.to_thread, stack.up, "rooms")
        figures.append(await noticed(people, "rooms becomes 0.1.0 again", back))
        assert stack.readiness("rooms")["version"] == "0.1.0"
    await _all_kept(people)


async def _all_kept(people: Crowd[Stack]) -> None:
    assert await people.broken_promises() == []
    begun = [send for work in people.workloads for send in work.history.sends if "intrusion" not in send.content]
    assert [send for send in begun if send.seq is None] == []
    told, noted = await people.kicks_noted()
    assert told == noted > 0


def _build_next(stack: Stack, service: str, folder: Path) -> None:
    """An image of the service that says it is another version."""
    unwanted = shutil.ignore_patterns("__pycache__", "tests")
    for part in ("shared", f"services/{service}"):
        shutil.copytree(ROOT / part, folder / part, ignore=unwanted)
    shutil.copy(ROOT / ".dockerignore", folder)
    init = folder / "services" / service / "__init__.py"
    told = init.read_text()
    assert '"0.1.0"' in told
    init.write_text(told.replace('"0.1.0"', '"0.1.0+next"'))
    dockerfile = f"services/{service}/Dockerfile"
    stack.client.images.build(
        path=str(folder), dockerfile=dockerfile, tag=f"parley-{service}:{stack.name}-next", rm=True
    )
