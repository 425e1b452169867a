"""The profile `redis`: limits are one for all gateways, and each counts by itself while the store is away."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.deploy import redis_image
from tests.deploy.guarded import guarded
from tests.deploy.stack import Stack
from tests.faults.arena import LIMITS_OFF
from tests.faults.limits import counted_alone, over_a_socket, over_http
from tests.system.person import login, register

LIMIT = 20


@pytest.fixture
async def limited(stack: Stack, tmp_path: Path) -> AsyncIterator[Stack]:
    """Two gateways that count together; one without a store again afterwards."""
    environment = tmp_path / "env"
    limits = LIMITS_OFF | {"PARLEY_LIMIT_MESSAGES": f"{LIMIT}/10 minutes", "REDIS_HOST": "redis"}
    environment.write_text("".join(f"{name}={value}\n" for name, value in limits.items()))
    image = await asyncio.to_thread(redis_image.told, stack, tmp_path)
    told = {**image, "COMPOSE_PROFILES": "redis"}
    try:
        # Only the gateway reads these: the other services stay as they are.
        which = ("--no-deps", "--scale=gateway=2", "redis", "gateway")
        up = {**told, **stack.two_gateways(), "PARLEY_ENV": str(environment)}
        await asyncio.to_thread(lambda: stack.up(*which, **up))
        yield stack
    finally:
        await asyncio.to_thread(lambda: stack.compose("rm", "--stop", "--force", "redis", **told))
        await asyncio.to_thread(redis_image.remove, stack)
        await asyncio.to_thread(stack.up)


async def test_limits_are_one_for_all_gateways(limited: Stack, figures: list[str]) -> None:
    guarded(limited.container("redis"))
    bases = [limited.base(0), limited.base(1)]
    assert bases[0] != bases[1]
    assert await _let_through(bases) == LIMIT, "of 60 over 12 connections"
    await asyncio.to_thread(limited.container("redis").kill)
    person = await register(bases[0])
    room_id = (await person.create_room())["id"]
    for base in bases:
        assert await over_http(base, person, room_id, LIMIT + 1, LIMIT) == LIMIT, "each counts by itself"
        assert await counted_alone(base) > 0
    await asyncio.to_thread(limited.container("redis").start)
    await limited.ready()
    async with asyncio.timeout(60):
        while await _let_through(bases) != LIMIT:  # a gateway looks for the store again after a while
            await asyncio.sleep(0.5)
    image = limited.container("redis").attrs["Config"]["Image"]
    figures.append(f"limits of two gateways       one with {image}, each its own while that was killed, one again")


async def _let_through(bases: list[str]) -> int:
    """Of sixty messages that somebody new sends at once by three devices over everything there is."""
    person = await register(bases[0])
    room_id = (await person.create_room())["id"]
    devices = [person, *[await login(bases[0], person.username) for _ in range(2)]]
    return sum(
        await asyncio.gather(
            *(over_http(base, device, room_id, 5, LIMIT) for device in devices for base in bases),
            *(over_a_socket(base, device, room_id, 5) for device in devices for base in bases),
        )
    )
