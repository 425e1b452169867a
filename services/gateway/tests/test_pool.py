"""Kept connections to a service: used again when that is safe, and never with an answer to somebody else's question."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import pytest

from services.gateway.connection import Broken
from services.gateway.pool import CONNECTIONS_PER_SERVICE, Pool, Unreachable
from shared.testing.processes import free_port
from shared.testing.waiting import eventually

ASKED = b"GET /x HTTP/1.1\r\nHost: service\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LAST = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
IN_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n"
FIRST_100 = b"HTTP/1.1 100 Continue\r\n\r\n" + OK
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok"
NONSENSE = b"220 mail.example.org ESMTP\r\n"


class Service:
    """Answers with what it is told to, in that order; None closes the connection without a word."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers: Iterator[bytes | None] = iter(answers)
        self.connections = 0
        self.asked = 0
        self.closed = 0
        self.before_answer: Callable[[], Awaitable[object]] | None = None

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.asked += 1
                if self.before_answer is not None:
                    await self.before_answer()
                answer = next(self.answers)
                if answer is None:
                    return
                writer.write(answer)
                if answer is HALF:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.closed += 1
            writer.close()


@asynccontextmanager
async def pool_for(service: Service) -> AsyncIterator[Pool]:
    server = await asyncio.start_server(service, "127.0.0.1", 0, backlog=256)
    pool = Pool(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        yield pool
    finally:
        pool.close()
        server.close()
        await server.wait_closed()


async def ask(pool: Pool, *, again: bool = True, seconds: float = 10) -> bytes:
    return (await pool.ask(ASKED, again=again, seconds=seconds)).content


@pytest.mark.parametrize(
    ("first", "connections"), [(OK, 1), (IN_CHUNKS, 1), (FIRST_100, 1), (LAST, 2)], ids=["ok", "chunks", "100", "last"]
)
async def test_a_connection_is_used_again_unless_the_service_says_no(first: bytes, connections: int) -> None:
    service = Service(first, OK)
    async with pool_for(service) as pool:
        assert [await ask(pool), await ask(pool)] == [b"ok", b"ok"]
    assert service.connections == connections


async def test_what_nobody_asked_for_is_no_answer() -> None:
    service = Service(OK + OK.replace(b"ok", b"no"), OK)
    async with pool_for(service) as pool:
        assert [await ask(pool), await ask(pool)] == [b"ok", b"ok"]
    assert service.connections == 2


async def test_a_question_that_met_a_closing_connection_is_asked_again_if_it_may_be() -> None:
    service = Service(OK, None, OK, None)
    async with pool_for(service) as pool:
        assert [await ask(pool), await ask(pool)] == [b"ok", b"ok"]
        with pytest.raises(Broken):
            await ask(pool, again=False)
    assert (service.asked, service.connections) == (4, 2)


@pytest.mark.parametrize("answer", [None, HALF, NONSENSE], ids=["nothing", "half", "nonsense"])
async def test_a_service_that_breaks_off_is_not_asked_for_ever(answer: bytes | None) -> None:
    service = Service(answer)
    async with pool_for(service) as pool:
        with pytest.raises(Broken):
            await ask(pool)
    assert service.asked == 1


async def test_half_an_answer_is_not_asked_for_again() -> None:
    service = Service(OK, HALF)
    async with pool_for(service) as pool:
        assert await ask(pool) == b"ok"
        with pytest.raises(Broken):
            await ask(pool)
    assert service.asked == 2


async def test_who_stops_waiting_leaves_no_answer_to_the_next() -> None:
    service, never = Service(OK), asyncio.Event()
    service.before_answer = never.wait
    async with pool_for(service) as pool:
        with pytest.raises(TimeoutError):
            await ask(pool, seconds=0.1)
        waiting = asyncio.create_task(ask(pool))
        await eventually(lambda: service.asked == 2)
        waiting.cancel()
        await asyncio.wait([waiting])
        service.before_answer = None
        assert await ask(pool) == b"ok"
        assert service.connections == 3
        never.set()


async def test_there_are_never_more_connections_than_places() -> None:
    service, release = Service(*[OK] * (CONNECTIONS_PER_SERVICE + 20)), asyncio.Event()
    service.before_answer = release.wait
    async with pool_for(service) as pool:
        asking = [asyncio.create_task(ask(pool)) for _ in range(CONNECTIONS_PER_SERVICE + 20)]
        await eventually(lambda: service.asked == CONNECTIONS_PER_SERVICE)
        release.set()
        assert set(await asyncio.gather(*asking)) == {b"ok"}
    assert service.connections == CONNECTIONS_PER_SERVICE


async def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        await ask(Pool(f"http://127.0.0.1:{free_port()}"))
