"""The limits of the server, against a real one and raw bytes."""

import asyncio
import contextlib
import gc
import json
import socket
import time
import tracemalloc
import weakref

import httpx
import pytest
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from shared.server import Server
from shared.testing.waiting import eventually
from shared.tests import toy
from shared.tests.live import Impatient, called, exchange, head, served, status

JSON = "Content-Type: application/json"
POST = "POST /api/v1/things HTTP/1.1"
GOOD = head("GET /healthz HTTP/1.1", "Connection: close")


def problem(answer: bytes) -> dict[str, object]:
    """The problem in the last answer; it is complete, and it is the end."""
    top, _, body = answer.rpartition(b"\r\n\r\n")
    assert b"application/problem+json" in top
    assert b"connection: close" in top.lower()
    assert b"x-request-id: " in top
    parsed: dict[str, object] = json.loads(body)
    assert parsed["status"] == int(top.rpartition(b"HTTP/1.1 ")[2][:3])
    return parsed


BAD_HEADS = {
    "no host": head(host=None),
    "two hosts": head("GET /healthz HTTP/1.1", "Host: other"),
    "garbage": b"garbage\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/2.0": head("GET /healthz HTTP/2.0"),
    "HTTP/0.9": b"GET /healthz\r\n\r\n",
    "HTTP/9.9": head("GET /healthz HTTP/9.9"),
    "CONNECT": head("CONNECT toy:443 HTTP/1.1"),
    "length and chunks": head(POST, *called(JSON, "Content-Length: 3", "Transfer-Encoding: chunked")) + b"0\r\n\r\n",
    "chunks and length": head(POST, *called(JSON, "Transfer-Encoding: chunked", "Content-Length: 3")) + b"0\r\n\r\n",
    "two lengths": head(POST, *called(JSON, "Content-Length: 2", "Content-Length: 2")) + b"{}",
    "two different lengths": head(POST, *called(JSON, "Content-Length: 2", "Content-Length: 3")) + b"{}",
    "length list": head(POST, *called(JSON, "Content-Length: 2, 2")) + b"{}",
    "length with sign": head(POST, *called(JSON, "Content-Length: +2")) + b"{}",
    "negative length": head(POST, *called(JSON, "Content-Length: -1")),
    "huge length": head(POST, *called(JSON, "Content-Length: 99999999999999999999999")),
    "hexadecimal length": head(POST, *called(JSON, "Content-Length: 0x2")) + b"{}",
    "unknown coding": head(POST, *called(JSON, "Transfer-Encoding: xchunked")) + b"0\r\n\r\n",
    "identity": head(POST, *called(JSON, "Transfer-Encoding: identity")) + b"0\r\n\r\n",
    "gzip chunks": head(POST, *called(JSON, "Transfer-Encoding: gzip, chunked")) + b"0\r\n\r\n",
    "chunked twice": head(POST, *called(JSON, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"))
    + b"0\r\n\r\n",
    "chunks in 1.0": head("POST /api/v1/things HTTP/1.0", *called(JSON, "Transfer-Encoding: chunked")) + b"0\r\n\r\n",
    "folded header": head("GET /healthz HTTP/1.1", "X-A: a", " b"),
    "space before colon": head("GET /healthz HTTP/1.1", "X-A : a"),
    "empty name": head("GET /healthz HTTP/1.1", ": a"),
    "no colon": head("GET /healthz HTTP/1.1", "X-A"),
    "NUL in a header": head("GET /healthz HTTP/1.1", "X-A: a\0b"),
    "bare CR": b"GET /healthz HTTP/1.1\r\nHost: toy\r\nX-A: a\rX-B: b\r\n\r\n",
    "bare LF": b"GET /healthz HTTP/1.1\nHost: toy\n\n",
    "bare LF between headers": b"GET /healthz HTTP/1.1\r\nHost: toy\r\nX-A: a\nX-B: b\r\n\r\n",
    "raw UTF-8 in the URL": "GET /é HTTP/1.1\r\nHost: toy\r\n\r\n".encode(),
    "bad chunk": head(POST, *called(JSON, "Transfer-Encoding: chunked")) + b"ZZ\r\n{}",
    "bad chunk end": head(POST, *called(JSON, "Transfer-Encoding: chunked")) + b"2\r\n{}xx0\r\n\r\n",
}


async def test_what_is_malformed_or_ambiguous_is_400_and_the_end() -> None:
    async with served() as server:
        for name, sent in BAD_HEADS.items():
            # A second request behind it must never be seen as one.
            answer = await exchange(server, sent + GOOD)
            assert answer.count(b"HTTP/1.1 ") == 1, name
            assert problem(answer)["status"] == 400, name
        assert status(await exchange(server, GOOD)) == 200


@pytest.mark.parametrize(
    "sent",
    [
        head("GET /healthz HTTP/1.1", f"X-A: {'a' * 17_000}"),
        head("GET /healthz HTTP/1.1", f"X-A: {'a' * 5_000_000}"),
        head("GET /healthz HTTP/1.1", *(f"X-{number}: {'a' * 300}" for number in range(60))),
        head("GET /healthz HTTP/1.1", *(f"X-{number}: a" for number in range(100))),
        head("GET /healthz HTTP/1.1", *(f"X-{number}: a" for number in range(20_000))),
        head(f"GET /{'a' * 17_000} HTTP/1.1"),
        head(f"GET /?{'a' * 17_000} HTTP/1.1"),
    ],
    ids=["one large", "one huge", "large together", "101", "20,001", "long path", "long query"],
)
async def test_a_head_too_large_is_431(sent: bytes) -> None:
    async with served() as server:
        assert problem(await exchange(server, sent))["status"] == 431
        pieces = [sent[at : at + 1_000] for at in range(0, min(len(sent), 40_000), 1_000)]
        assert problem(await exchange(server, *pieces))["status"] == 431


async def test_a_head_within_the_limits_is_served() -> None:
    async with served() as server:
        many = [f"X-{number}: {'a' * 100}" for number in range(98)]
        assert status(await exchange(server, head("GET /healthz HTTP/1.1", "Connection: close", *many))) == 200
        by_byte = [bytes([byte]) for byte in GOOD]
        assert status(await exchange(server, *by_byte)) == 200


async def test_a_huge_head_is_not_kept_in_memory() -> None:
    async with served() as server:
        tracemalloc.start()
        await exchange(server, head("GET /healthz HTTP/1.1", f"X-A: {'a' * 1_000}", end=False), *[b"a" * 65_536] * 200)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 4 * 1024 * 1024


async def test_a_method_nobody_knows_is_405() -> None:
    async with served() as server:
        answer = await exchange(server, head("FROBNICATE /healthz HTTP/1.1"))
        assert problem(answer)["code"] == "method_not_allowed"
        assert b"allow: " in answer.lower()
        assert status(await exchange(server, head("TRACE /healthz HTTP/1.1", "Connection: close"))) == 405


def slow() -> dict[str, tuple[list[bytes], int | None]]:
    """Made when it is needed: what vouches for the caller is good for a minute."""
    return {
        "nothing": ([], None),
        "empty lines only": ([b"\r\n"] * 20, None),
        "half a request line": ([b"GET /hea"], 408),
        "half a head": ([head(end=False)], 408),
        "a head byte by byte": ([bytes([byte]) for byte in head("GET / HTTP/1.1", "X-A: " + "a" * 30)], 408),
        "no body": ([head(POST, *called(JSON, "Content-Length: 30"))], 408),
        "half a body": ([head(POST, *called(JSON, "Content-Length: 30")) + b'{"name'], 408),
        "a body byte by byte": ([head(POST, *called(JSON, "Content-Length: 30")), *[b" "] * 29], 408),
        "no chunk": ([head(POST, *called(JSON, "Transfer-Encoding: chunked"))], 408),
        "half a chunk": ([head(POST, *called(JSON, "Transfer-Encoding: chunked")) + b"5\r\n{"], 408),
        "an upload that stalls": (
            [head("POST /api/v1/upload HTTP/1.1", *called("Content-Length: 99999")), b"a" * 50_000],
            408,
        ),
    }


@pytest.mark.parametrize("name", slow())
async def test_whoever_is_too_slow_is_closed(name: str) -> None:
    pieces, expected = slow()[name]
    async with served() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        sending = asyncio.create_task(_drip(writer, pieces))
        async with asyncio.timeout(30):
            answer = await reader.read()
        assert len(pieces) < 5 or not sending.done(), "the deadline is not put off by each piece"
        sending.cancel()
        writer.close()
        if expected is None:
            assert answer == b""
        else:
            assert problem(answer)["status"] == expected


async def _drip(writer: asyncio.StreamWriter, pieces: list[bytes]) -> None:
    for piece in pieces:
        writer.write(piece)
        await asyncio.sleep(0.02)


async def test_a_slow_answer_is_waited_for_and_a_steady_upload_taken() -> None:
    async with served() as server:
        answer = await exchange(server, head("GET /api/v1/slow HTTP/1.1", *called("Connection: close")))
        assert answer.endswith(b'"done"')
        pieces = [b"a" * 20_000] * 30
        start = head("POST /api/v1/upload HTTP/1.1", *called("Content-Length: 600000", "Connection: close"))
        answer = await exchange(server, start, *pieces, pause=0.02)
        assert answer.endswith(b"600000")


async def test_an_idle_connection_does_not_block_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Impatient, "HEAD_SECONDS", 60.0)
    async with served() as server:
        held = []
        for _ in range(200):
            held.append(await asyncio.open_connection("127.0.0.1", server.port))
            held[-1][1].write(b"GET / HT")
        assert status(await exchange(server, GOOD, patience=30)) == 200
        assert len(server.server_state.connections) >= 200, "they are waited for all the same"
        for _, writer in held:
            writer.close()


BODY = "x" * 3_000_000


@pytest.mark.parametrize(
    ("request_line", "headers", "body"),
    [
        (POST, [JSON, f"Content-Length: {len(BODY)}"], BODY.encode()),
        (POST, [JSON, "Content-Length: 300000", "Expect: 100-continue"], b""),
        (POST, [JSON, "Transfer-Encoding: chunked"], b"10000\r\n" + b"x" * 65_536 + b"\r\n"),
        ("POST /api/v1/upload HTTP/1.1", [f"Content-Length: {len(BODY)}"], BODY.encode()),
        ("POST /api/v1/upload HTTP/1.1", ["Transfer-Encoding: chunked"], b"10000\r\n" + b"x" * 65_536 + b"\r\n"),
    ],
    ids=["announced", "asked first", "chunked", "upload announced", "upload chunked"],
)
async def test_a_body_too_large_is_413_and_the_answer_arrives(
    request_line: str, headers: list[str], body: bytes
) -> None:
    async with served() as server:
        times = 40 if "chunked" in headers[-1] else 1
        answer = await exchange(server, head(request_line, *called(*headers)), *[body] * times)
    assert status(answer) == 413
    assert b"application/problem+json" in answer
    assert b"100 Continue" not in answer


async def test_who_asks_first_is_told_to_go_on_and_then_answered() -> None:
    """The word to go on waits for nothing; the head of the answer waits for its content."""
    async with served() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        asking = called(JSON, "Content-Length: 12", "Expect: 100-continue", "Connection: close")
        writer.write(head(POST, *asking))
        async with asyncio.timeout(10):
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(b'{"name":"a"}')
            answer = await reader.read()
        writer.close()
    assert status(answer) < 500 and answer.count(b"HTTP/1.1 ") == 1 and b"application/" in answer


async def test_who_is_answered_before_the_body_is_whole_is_told_that_it_was_the_last_answer() -> None:
    async with served() as server:
        unread = head("POST /nothing HTTP/1.1", *called("Content-Length: 100000")) + b"a"
        assert b"\r\nconnection: close\r\n" in await exchange(server, unread)
        too_large = head(POST, *called(JSON, "Content-Length: 300000")) + b"a"
        assert b"\r\nconnection: close\r\n" in await exchange(server, too_large)
        whole = head("POST /nothing HTTP/1.1", *called("Content-Length: 1")) + b"a"
        answer = await exchange(server, whole + GOOD)
        assert answer.count(b"HTTP/1.1 ") == 2 and answer.count(b"connection: close") == GOOD.count(b"close")


async def test_a_client_that_sends_it_all_first_still_gets_its_413() -> None:
    async with served() as server, httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
        started = time.process_time()
        headers = toy.caller_headers() | {"Content-Type": "application/json"}
        answer = await client.post("/api/v1/things", content=b"[" * 16_000_000, headers=headers)
        assert answer.json()["code"] == "too_large"
        assert time.process_time() - started < 1
        assert (await client.get("/healthz")).status_code == 200


async def test_an_unread_body_is_not_the_next_request() -> None:
    smuggled = head("GET /healthz HTTP/1.1")
    async with served() as server:
        start = head("POST /nothing HTTP/1.1", *called(f"Content-Length: {len(smuggled) + 10}"))
        answer = await exchange(server, start + smuggled)
    assert (answer.count(b"HTTP/1.1 "), status(answer)) == (1, 404)


async def test_whoever_does_not_read_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Impatient, "STALL_SECONDS", 0.2)
    async with served() as server:
        with socket.create_connection(("127.0.0.1", server.port)) as deaf:
            deaf.sendall(head("GET /api/v1/large HTTP/1.1", *called()))
            while server.server_state.connections or server.server_state.total_requests == 0:
                await asyncio.sleep(0.01)
            received = 0
            while piece := deaf.recv(1_000_000):
                received += len(piece)
    assert received < 50_000_000


async def test_requests_in_a_row_are_answered_in_order() -> None:
    async with served() as server:
        row = head("GET /api/v1/numbers/1 HTTP/1.1", *called()) + head("GET /api/v1/numbers/2 HTTP/1.1", *called())
        answer = await exchange(server, row + GOOD)
        assert answer.count(b"HTTP/1.1 200") == 3
        assert answer.index(b"\r\n\r\n1") < answer.index(b"\r\n\r\n2") < answer.index(b'"alive"')


async def test_too_many_in_a_row_or_garbage_behind_one_ends_after_the_first_answer() -> None:
    async with served() as server:
        for tail in (head() * 50, b"garbage\r\n\r\n"):
            answer = await exchange(server, head() + tail)
            assert answer.count(b"HTTP/1.1 200") == 1


async def test_an_upgrade_nobody_serves_is_a_plain_request() -> None:
    async with served() as server:
        answer = await exchange(server, head("GET /healthz HTTP/1.1", "Connection: upgrade", "Upgrade: websocket"))
        assert status(answer) == 200


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that sends back what its sockets say."""
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


async def test_a_socket_is_not_under_the_deadlines_of_http_but_its_head_is() -> None:
    async with served(echo, ws="websockets-sansio") as server:
        url = f"ws://127.0.0.1:{server.port}/ws"
        async with connect(url) as socket:
            await asyncio.sleep(0.5)
            await socket.send("still here")
            assert await socket.recv() == "still here"
        with pytest.raises(InvalidStatus, match="431"):
            await connect(url, additional_headers={"X-A": "a" * 17_000})
        upgrade = ["Connection: upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
        assert problem(await exchange(server, head("GET /ws HTTP/1.1", *upgrade, end=False)))["status"] == 408
        assert problem(await exchange(server, head("GET /ws HTTP/1.1", *upgrade, "Host: b")))["status"] == 400


async def test_a_head_leaves_with_the_first_of_its_content_and_alone_if_there_is_none() -> None:
    go_on = asyncio.Event()

    async def hesitant(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await echo(scope, receive, send)
            return
        headers = [(b"content-length", b"4")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if scope["path"] == "/broken":
            raise LookupError("what comes after the head")
        if scope["path"] == "/slow":
            await go_on.wait()
        for piece in (b"wo", b"rd"):
            await send({"type": "http.response.body", "body": piece, "more_body": piece == b"wo"})

    async with served(hesitant) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(head("GET /slow HTTP/1.1"))
        first = asyncio.create_task(reader.read(1))
        assert (await exchange(server, GOOD)).endswith(b"\r\n\r\nword")
        assert not first.done()
        go_on.set()
        assert status(await first + await reader.readuntil(b"word")) == 200
        writer.close()
        without = await exchange(server, head("HEAD /any HTTP/1.1"), GOOD)
        assert without.count(b"HTTP/1.1 200") == 2 and without.count(b"word") == 1
        assert (await exchange(server, head("GET /broken HTTP/1.1"))).endswith(b"content-length: 4\r\n\r\n")


async def test_the_server_does_not_introduce_itself() -> None:
    async with served() as server:
        assert b"server:" not in (await exchange(server, GOOD)).lower()


async def test_a_stop_drains_first_and_lets_answers_finish() -> None:
    seen: list[str] = []

    async def drain() -> None:
        seen.append("drained")

    async with served(before_shutdown=drain) as server:
        asking = asyncio.create_task(exchange(server, head("GET /api/v1/slow HTTP/1.1", *called())))
        await asyncio.sleep(0.1)
        server.should_exit = True
        assert (await asking).endswith(b'"done"')
    assert seen == ["drained"]


async def test_metrics_count_what_was_refused() -> None:
    async with served() as server:
        await exchange(server, b"garbage\r\n\r\n")
        text = await exchange(server, head("GET /metrics HTTP/1.1", "Connection: close"))
    assert b'parley_http_refused_total{status="400"}' in text


async def _vanish(server: Server, sent: bytes) -> None:
    """Send it, hear the first of the answer if there is one at once, and be gone."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(sent)
    await eventually(lambda: server.server_state.connections)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.1):
            await reader.read(1)
    writer.transport.abort()


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        GOOD,
        head(),
        head() * 20,
        head(end=False),
        b"garbage\r\n\r\n",
        head("GET /healthz HTTP/1.1", f"X-A: {'a' * 17_000}"),
        head("GET /api/v1/slow HTTP/1.1", *called()) + head() * 3,
        head("GET /api/v1/large HTTP/1.1", *called()),
        head("GET /api/v1/broken HTTP/1.1", *called()),
        head(POST, *called(JSON, "Content-Length: 30")) + b'{"name',
    ],
    ids=["nothing", "last", "kept", "many", "half", "none", "huge", "slow", "unread", "failed", "half a body"],
)
async def test_a_connection_that_ended_needs_no_garbage_collection(sent: bytes) -> None:
    async with served() as server:
        gc.disable()
        try:
            await _vanish(server, sent)
            await eventually(lambda: not [one for one in gc.get_objects() if type(one) is Impatient])
        finally:
            gc.enable()


class _Ring:
    """Refers to itself."""

    def __init__(self) -> None:
        self.itself = self


async def test_what_ended_young_is_found_before_it_is_much() -> None:
    async with served():
        gone = [weakref.ref(_Ring()) for _ in range(10)]
        kept = [[number] for number in range(15_000)]
        assert not any(one() for one in gone), f"{len(kept)} objects later"


async def test_what_got_old_and_ended_is_found_in_time() -> None:
    async with served():
        gone = [weakref.ref(_old_and_ended()) for _ in range(10)]
        assert all(one() for one in gone)
        kept = [[number] for number in range(500_000)]
        assert not any(one() for one in gone), f"{len(kept)} objects later"


def _old_and_ended() -> _Ring:
    ring = _Ring()
    for _ in range(2):
        gc.collect(1)
    return ring
