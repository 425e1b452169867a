"""S135: ten connections get no more than one, over gateways, devices, HTTP and sockets together.

S174: a million of those who are counted take no more memory than a few.
"""

import asyncio
import os
import signal
from pathlib import Path

from services.gateway.limits import Limits
from shared.testing.valkey import Valkey
from tests.faults.arena import Arena, running
from tests.faults.limits import counted_alone, over_a_socket, over_http
from tests.faults.process import resident
from tests.faults.replica import Replica
from tests.system.person import login, register

LIMIT = 20
MB = 1024 * 1024


async def test_s135_one_limit_for_all_connections_of_a_person(tmp_path: Path) -> None:
    store = Valkey(tmp_path)
    told = {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(store.port), "REDIS_PASSWORD": store.password}
    try:
        async with running(Arena(tmp_path, told | {"PARLEY_LIMIT_MESSAGES": f"{LIMIT}/10 minutes"})) as place:
            second = Replica(place, "gateway")
            await second.start()
            bases = (place.parley.base, f"http://127.0.0.1:{second.port}")
            person = await register(bases[0])
            room_id = (await person.create_room())["id"]
            devices = [person, *[await login(bases[0], person.username) for _ in range(2)]]
            let_through = await asyncio.gather(
                *(over_http(base, device, room_id, 5, LIMIT) for device in devices for base in bases),
                *(over_a_socket(base, device, room_id, 5) for device in devices for base in bases),
            )
            assert sum(let_through) == LIMIT, "of 60 over 12 connections"
            store.kill()
            alone = await over_http(bases[1], person, room_id, 1, LIMIT)
            assert alone == 1, "without the store each gateway counts alone"
            assert await counted_alone(bases[1]) > 0
            assert second.end(signal.SIGTERM) == 0
    finally:
        store.kill()


async def test_s174_a_million_keys_are_forgotten_again() -> None:
    limits = Limits({"http": "600/minute", "messages": "60/hour"})
    before = resident(os.getpid())
    for number in range(500_000):
        for name in ("http", "messages"):
            await limits.hit(name, f"user-{number:032x}")
    assert resident(os.getpid()) <= before + 64 * MB
