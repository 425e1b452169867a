"""The protocol class against a real uvicorn: every method of uvicorn's that it overrides keeps its promise."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Close

from services.gateway.realtime.wire import Wire, frame_text


class App:
    """An application that writes through the wire: echoes texts, and does what some of them say."""

    def __init__(self) -> None:
        self.wires: list[Wire] = []
        self.slow = asyncio.Event()
        self.gone = asyncio.Event()
        self.ended = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        wire: Wire = scope["extensions"]["parley.wire"]
        self.wires.append(wire)
        wire.on_end = self.on_end
        if scope["path"] == "/refused":
            await send({"type": "websocket.http.response.start", "status": 403, "headers": []})
            await send({"type": "websocket.http.response.body", "body": b"no"})
            return
        await send({"type": "websocket.accept"})
        if scope["path"] == "/late":
            await asyncio.sleep(0.05)

        def on_slow() -> None:
            self.slow.set()
            wire.finish_slow()

        wire.listen(
            on_text=lambda data: self.on_text(wire, data),
            on_binary=lambda: wire.write(frame_text(b"binary")),
            on_slow=on_slow,
            on_drain=wire.finish_drained,
        )
        await wire.closed
        self.gone.set()

    def on_end(self) -> None:
        self.ended += 1

    def on_text(self, wire: Wire, data: bytes) -> None:
        if data.startswith(b"close "):
            wire.finish(int(data[6:]), "as you wish")
            assert self.ended  # before anything else can be written
        elif data.startswith(b"burst "):
            wire.write(b"".join(frame_text(b"%d" % number) for number in range(int(data[6:]))))
        else:
            wire.write(frame_text(data))


@contextlib.asynccontextmanager
async def serving(app: App) -> AsyncIterator[tuple[uvicorn.Server, str]]:
    config = uvicorn.Config(
        app, port=0, ws=Wire, ws_max_size=65536, ws_per_message_deflate=False, lifespan="off", log_config=None
    )
    config.timeout_graceful_shutdown = 5
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield server, f"ws://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await asyncio.wait_for(task, 20)


async def end_of(client: ClientConnection) -> Close | None:
    with pytest.raises(ConnectionClosed) as end:
        while True:
            await asyncio.wait_for(client.recv(), 10)
    return end.value.rcvd


@pytest.fixture
async def app() -> App:
    return App()


async def test_prepared_frames_and_answers_keep_the_order_of_the_calls(app: App) -> None:
    async with serving(app) as (_, url), connect(url) as client:
        for number in range(200):
            await client.send(f"burst {number % 7}")
            await client.send(f"after {number}")
            await client.ping()
        for number in range(200):
            for expected in [*map(str, range(number % 7)), f"after {number}"]:
                assert await asyncio.wait_for(client.recv(), 10) == expected


@pytest.mark.parametrize("size", [0, 125, 126, 65535])
async def test_frames_of_every_length_arrive_whole(app: App, size: int) -> None:
    async with serving(app) as (_, url), connect(url) as client:
        await client.send("x" * size)
        assert await asyncio.wait_for(client.recv(), 10) == "x" * size
        app.wires[0].write(frame_text(b"y" * 70_000))
        assert await asyncio.wait_for(client.recv(), 10) == "y" * 70_000


async def test_what_is_sent_before_the_application_listens_is_not_lost(app: App) -> None:
    async with serving(app) as (_, url), connect(f"{url}/late") as client:
        for number in range(100):
            await client.send(str(number))
        assert [await asyncio.wait_for(client.recv(), 10) for _ in range(100)] == [str(one) for one in range(100)]


async def test_close_from_our_side_carries_code_and_reason(app: App) -> None:
    async with serving(app) as (_, url), connect(url) as client:
        await client.send("close 4403")
        assert await end_of(client) == Close(4403, "as you wish")
        await asyncio.wait_for(app.gone.wait(), 10)


async def test_close_from_their_side_ends_the_application(app: App) -> None:
    async with serving(app) as (_, url):
        async with connect(url) as client:
            await client.send("x")
            await client.recv()
        await asyncio.wait_for(app.gone.wait(), 10)
        assert client.close_code == 1000
        assert app.ended


async def test_a_reset_ends_the_application(app: App) -> None:
    async with serving(app) as (_, url):
        async with connect(url) as client:
            await client.send("x")
            await client.recv()
            client.transport.abort()
            await asyncio.wait_for(app.gone.wait(), 10)
        assert app.ended


async def test_refusal_before_the_upgrade_is_an_http_answer(app: App) -> None:
    async with serving(app) as (_, url):
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"{url}/refused")
        assert refused.value.response.status_code == 403


async def test_a_ping_is_answered(app: App) -> None:
    async with serving(app) as (_, url), connect(url) as client:
        await asyncio.wait_for(await client.ping(), 10)


@contextlib.asynccontextmanager
async def beating(monkeypatch: pytest.MonkeyPatch, app: App, silence: float) -> AsyncIterator[str]:
    """With rounds of a tenth of a second, and so much patience."""
    monkeypatch.setattr("services.gateway.realtime.wire._PING_INTERVAL", 0.1)
    monkeypatch.setattr("services.gateway.realtime.wire._SILENCE", silence)
    async with serving(app) as (_, url):
        yield url


async def test_who_answers_pings_stays(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    async with beating(monkeypatch, app, silence=30.0) as url:
        reader, writer = await upgraded(url)
        for _ in range(20):
            assert await asyncio.wait_for(reader.readexactly(2), 10) == b"\x89\x00"
            writer.write(b"\x8a\x80\x00\x00\x00\x00")
        writer.write(b"\x88\x80\x00\x00\x00\x00")
        while (frame := await asyncio.wait_for(reader.readexactly(2), 10)) == b"\x89\x00":
            pass  # it was on its way
        assert frame == b"\x88\x00"
        writer.close()


async def test_who_says_nothing_is_dropped(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    async with beating(monkeypatch, app, silence=0.3) as url:
        reader, writer = await upgraded(url)
        with contextlib.suppress(ConnectionError):
            said = await asyncio.wait_for(reader.read(), 10)
            assert set(said) <= {0x89, 0x00}
        await asyncio.wait_for(app.gone.wait(), 10)
        writer.close()


async def test_binary_is_told_and_survives(app: App) -> None:
    async with serving(app) as (_, url), connect(url) as client:
        await client.send(b"\x00\xff")
        assert await asyncio.wait_for(client.recv(), 10) == "binary"


async def upgraded(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A socket without a library that would take part in its end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]), limit=2**16)
    writer.write(
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


def text_head(size: int) -> bytes:
    """The head of a masked text frame of so many bytes."""
    return b"\x81\xff" + size.to_bytes(8, "big") + b"\0\0\0\0"


async def test_too_much_in_one_message_ends_with_1009(app: App) -> None:
    async with serving(app) as (_, url), connect(url, max_size=None) as client:
        await client.send("x" * 65537)
        end = await end_of(client)
        assert end is not None and end.code == 1009


async def test_who_is_still_sending_too_much_hears_why_it_ended(app: App) -> None:
    async with serving(app) as (_, url), asyncio.timeout(10):
        reader, writer = await upgraded(url)
        writer.write(text_head(20_000_000) + b"x" * 20_000_000)
        await writer.drain()
        said = await reader.read()
        assert said[:1] == b"\x88" and int.from_bytes(said[2:4], "big") == 1009
        writer.close()
        await app.gone.wait()


async def test_who_goes_on_after_too_much_is_cut(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.gateway.realtime.wire._CLOSE_WAIT", 0.1)
    async with serving(app) as (_, url), asyncio.timeout(10):
        _, writer = await upgraded(url)
        writer.write(text_head(2**40))
        await app.gone.wait()
        writer.transport.abort()


async def test_endless_fragments_end_with_1009(app: App) -> None:
    async def fragments() -> AsyncIterator[str]:
        for _ in range(2_000):
            yield "x"

    async with serving(app) as (_, url), connect(url) as client:
        with contextlib.suppress(ConnectionClosed):
            await client.send(fragments())
        end = await end_of(client)
        assert end is not None and end.code == 1009


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x81\x82\x00\x00\x00\x00\xc3\x28", 1007),  # not UTF-8
        (b"\x81\x83\x00\x00\x00\x00\xed\xa0\x80", 1007),  # a lone surrogate
        (b"\x81\x01x", 1002),  # not masked
        (b"\xc1\x80\x00\x00\x00\x00", 1002),  # a reserved bit
        (b"\x83\x80\x00\x00\x00\x00", 1002),  # a reserved opcode
        (b"\x80\x80\x00\x00\x00\x00", 1002),  # goes on with nothing
        (b"\x89\xfe\x00\x7e\x00\x00\x00\x00" + b"x" * 126, 1002),  # too long a ping
    ],
)
async def test_broken_frames_end_with_the_protocol_s_own_code(app: App, frame: bytes, code: int) -> None:
    async with serving(app) as (_, url), connect(url) as client:
        await client.send("x")
        await client.recv()
        client.transport.write(frame)
        end = await end_of(client)
        assert end is not None and end.code == code
        assert app.ended


async def test_who_does_not_read_is_told_apart_from_who_does(app: App) -> None:
    async with serving(app) as (_, url):
        reader, writer = await upgraded(url)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        async with connect(url) as client:
            await client.send("x")
            await client.recv()
            stalled, live = app.wires[0], app.wires[1]
            frame = frame_text(b"z" * 10_000)
            while not app.slow.is_set():
                stalled.write(frame)
                live.write(frame)
                assert await asyncio.wait_for(client.recv(), 10) == "z" * 10_000
            assert stalled.close_sent and not live.close_sent
            assert stalled.transport.get_write_buffer_size() < 2 * stalled.send_buffer
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        data = b""
        async with asyncio.timeout(10):
            while b"\x11\x38too slow" not in data:  # 4408
                data += await reader.read(2**16)
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def test_who_never_reads_is_cut(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.gateway.realtime.wire._SLOW_WAIT", 0.1)
    async with serving(app) as (_, url):
        connection = await connect(url, max_queue=1)
        await connection.send("x")
        await connection.recv()
        connection.transport.pause_reading()
        while not app.slow.is_set():
            app.wires[0].write(frame_text(b"z" * 60_000))
            await asyncio.sleep(0)
        await asyncio.wait_for(app.gone.wait(), 10)
        connection.transport.abort()
        await connection.wait_closed()


async def test_a_stopping_server_says_when_to_come_back(app: App) -> None:
    async with serving(app) as (server, url), connect(url) as client:
        await client.send("x")
        await client.recv()
        server.should_exit = True
        end = await end_of(client)
        assert end is not None and end.code == 1001
        name, _, value = end.reason.partition("=")
        assert name == "retry_after_ms" and 0 <= int(value) < 5_000


async def test_a_client_that_offers_compression_is_served_without(app: App) -> None:
    async with serving(app) as (_, url), connect(url, compression="deflate") as client:
        assert client.request is not None and "permessage-deflate" in client.request.headers["Sec-WebSocket-Extensions"]
        assert client.response is not None and "Sec-WebSocket-Extensions" not in client.response.headers
        await client.send("x" * 1000)
        assert await asyncio.wait_for(client.recv(), 10) == "x" * 1000


async def stalled_peer(app: App, url: str) -> tuple[Wire, asyncio.StreamWriter]:
    _, writer = await upgraded(url)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    while not app.wires:
        await asyncio.sleep(0)
    return app.wires[0], writer


async def test_a_replay_and_what_comes_after_it_stay_within_the_buffer(app: App) -> None:
    frame = frame_text(b"z" * 10_000)
    async with serving(app) as (_, url):
        wire, writer = await stalled_peer(app, url)
        with wire.replaying():
            while wire.writable.is_set():
                wire.write(frame)
        for _ in range(int(1.5 * wire.send_buffer / len(frame))):  # a room that goes on, in one tick
            wire.write(frame)
        async with asyncio.timeout(10):
            await app.slow.wait()
        assert wire.close_sent
        writer.transport.abort()


async def test_a_live_room_beside_a_replay_that_waits_is_bounded(app: App) -> None:
    frame = frame_text(b"z" * 10_000)
    async with serving(app) as (_, url):
        wire, writer = await stalled_peer(app, url)
        with wire.replaying():
            async with asyncio.timeout(10):
                while not app.slow.is_set():
                    wire.write(frame)
                    await asyncio.sleep(0.001)
            assert wire.transport.get_write_buffer_size() < 8 * wire.send_buffer
        writer.transport.abort()


async def test_a_peer_that_closes_and_does_not_read_can_be_ended_all_the_same(app: App) -> None:
    async with serving(app) as (_, url):
        wire, writer = await stalled_peer(app, url)
        wire.write(frame_text(b"z" * 500_000))
        writer.write(b"\x88\x80\x00\x00\x00\x00")
        async with asyncio.timeout(10):
            while not app.ended:
                await asyncio.sleep(0)
        wire.finish(4401, "the session was ended")
        wire.finish_drained()
        writer.transport.abort()
        async with asyncio.timeout(10):
            await app.gone.wait()
