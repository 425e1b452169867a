"""S135: ten connections get no more than one, over gateways, devices, HTTP and sockets together.

S174: a million of those who are counted take no more memory than a few.
"""

import asyncio
import os
import signal
from pathlib import Path

import httpx

from services.gateway.limits import Limits
from shared.testing.valkey import Valkey
from tests.faults.arena import Arena, running
from tests.faults.process import resident
from tests.faults.replica import Replica
from tests.system.person import Person, api, login, register

LIMIT = 20
MB = 1024 * 1024


async def over_http(base: str, person: Person, room_id: str, times: int) -> int:
    """How many of the sends were let through."""
    async with api(base, person.token) as http:
        answers = [await http.post(f"/rooms/{room_id}/messages", json={"content": "x"}) for _ in range(times)]
    assert {answer.status_code for answer in answers} <= {201, 429}
    for answer in (answer for answer in answers if answer.is_error):
        assert int(answer.headers["Retry-After"]) > 0 and answer.headers["RateLimit-Limit"] == str(LIMIT)
    return sum(answer.status_code == 201 for answer in answers)


async def over_a_socket(base: str, person: Person, room_id: str, times: int) -> int:
    """The same by frames."""
    device = Person(base, person.username, person.tokens, {"id": person.id})
    acked = 0
    async with device.socket(f"/ws/{room_id}") as socket:
        for number in range(times):
            await socket.send(type="message.send", client_id=f"{id(socket)}-{number}", content="x")
        for _ in range(times):
            while (frame := await socket.next())["type"] not in ("ack", "error"):
                pass
            assert frame["type"] == "ack" or (frame["code"] == "rate_limited" and frame["retry_after"] > 0), frame
            acked += frame["type"] == "ack"
    return acked


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
            ways = [(over, base) for base in bases for over in (over_http, over_a_socket)]
            let_through = await asyncio.gather(
                *(over(base, device, room_id, 5) for device in devices for over, base in ways)
            )
            assert sum(let_through) == LIMIT, "of 60 over 12 connections"
            store.kill()
            assert await over_http(bases[1], person, room_id, 1) == 1, "without the store each gateway counts alone"
            async with httpx.AsyncClient() as http:
                metrics = (await http.get(f"{bases[1]}/metrics")).text
            [told_of] = [line for line in metrics.splitlines() if line.startswith("parley_limits_fallback_total")]
            assert float(told_of.split()[-1]) > 0
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
