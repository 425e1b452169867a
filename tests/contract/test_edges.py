"""What does not even reach a route, at the real gateway's port (RELIABILITY.md 1)."""

import asyncio
import os
import signal

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.system.parley import Parley
from tests.system.person import Person

pytestmark = pytest.mark.xdist_group("contract")

UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
JSON = "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"
# The gateway's own deadline is 9.5 s; nobody is kept longer than this.
PATIENCE = 20


async def exchange(base: str, sent: str) -> bytes:
    """All that the gateway says to this until it closes."""
    host, port = base.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(sent.encode())
    try:
        async with asyncio.timeout(PATIENCE):
            return await reader.read()
    finally:
        writer.close()


@pytest.mark.parametrize(
    "headers",
    [f"X-A: {'a' * 17_000}\r\n", "".join(f"X-{number}: a\r\n" for number in range(101))],
    ids=["too large", "too many"],
)
async def test_headers_have_limits_for_calls_and_for_sockets(base: str, headers: str) -> None:
    for start in ("GET /api/v1/rooms HTTP/1.1\r\nHost: a\r\n", f"GET /ws HTTP/1.1\r\nHost: a\r\n{UPGRADE}"):
        answer = await exchange(base, f"{start}{headers}\r\n")
        assert answer.startswith(b"HTTP/1.1 431 ") and b"application/problem+json" in answer


async def test_who_is_slow_is_cut_off_with_a_reason(base: str) -> None:
    slow = (
        "GET /api/v1/rooms HTTP/1.1\r\nHost: a\r\n",
        f"GET /ws HTTP/1.1\r\nHost: a\r\n{UPGRADE}",
        f"POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\n{JSON}" + '{"username": "a',
    )
    for answer in await asyncio.gather(*(exchange(base, sent) for sent in slow)):
        assert answer.startswith(b"HTTP/1.1 408 ") and b"application/problem+json" in answer


async def test_a_body_over_the_routes_limit_is_refused_while_it_is_sent(base: str) -> None:
    async with httpx.AsyncClient(base_url=f"{base}/api/v1") as client:
        for size in (17_000, 64_000_000):
            content = b'{"username": "' + b"a" * size
            headers = {"Content-Type": "application/json"}
            answer = await client.post("/auth/login", content=content, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert (await client.get("/.well-known/jwks.json")).status_code == 200


async def test_compression_is_not_agreed_to(anna: Person) -> None:
    url = f"{anna.base.replace('http', 'ws', 1)}/ws?token={anna.token}"
    async with connect(url, compression="deflate") as socket:
        assert socket.request is not None and "permessage-deflate" in socket.request.headers["Sec-WebSocket-Extensions"]
        assert socket.response is not None and "Sec-WebSocket-Extensions" not in socket.response.headers


async def test_a_gateway_that_is_told_to_stop_says_when_to_come_back(
    parley: Parley, anna: Person, known: dict[str, str]
) -> None:
    path = f"/ws/{known['room_id']}"
    async with anna.socket(path) as socket:
        ready = await socket.next()
        os.kill(parley.pid("gateway"), signal.SIGTERM)
        with pytest.raises(ConnectionClosed) as end:
            await asyncio.wait_for(socket.connection.recv(), PATIENCE)
    assert end.value.rcvd is not None and end.value.rcvd.code == 1001
    name, _, delay = end.value.rcvd.reason.partition("=")
    assert name == "retry_after_ms" and 0 <= int(delay) <= 10_000
    await asyncio.to_thread(parley.wait_ready)
    async with anna.socket(path, since=ready["seq"], epoch=ready["epoch"]) as socket:
        assert (await socket.next())["resumed"] is True
