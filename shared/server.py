"""The process: one uvicorn worker with limits, a bounded stop, and a memory that has settled before it serves."""

import asyncio
import contextlib
import gc
import resource
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import structlog
import uvicorn

from shared.settings import ProcessSettings
from shared.web.protocol import LimitedHttpProtocol

Settings = TypeVar("Settings", bound=ProcessSettings)
Drain = Callable[[], Awaitable[None]]

# Together less than the ten seconds after which whoever stops us loses patience.
_STOP_SECONDS = 8
_DRAIN_SECONDS = 5
_KEEP_ALIVE_SECONDS = 75
# Garbage is what refers to itself, as each SQL statement does; connections and sockets that ended do not. A quiet
# service makes some thousand such objects a minute, and of 50,000 it would keep them for half an hour. What was old
# when it ended is found by a full collection only: rare enough to cost little, and not so rare (20, 1,000) that nothing
# is ever found.
_GC_THRESHOLDS = (10_000, 10, 1)
_log = structlog.get_logger("parley.server")


def run(
    app_factory: Callable[[Settings], Any],
    settings: Settings,
    ws: type[asyncio.Protocol] | str | None = None,
    before_shutdown: Drain | None = None,
) -> None:
    """Serve `app_factory(settings)` until a signal says stop; `before_shutdown` runs once nobody new is let in."""
    _raise_file_limit()
    make_server(app_factory(settings), settings, ws, before_shutdown).run()


def make_server(
    app: Any,
    settings: ProcessSettings,
    ws: type[asyncio.Protocol] | str | None = None,
    before_shutdown: Drain | None = None,
    http: type[LimitedHttpProtocol] = LimitedHttpProtocol,
) -> "Server":
    """The server that `run` runs."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=http,
        ws="none" if ws is None else ws,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
    )
    return Server(config, before_shutdown)


class Server(uvicorn.Server):
    """Uvicorn's server: says where it listens, drains before it closes, and exits with 0 when it was asked to stop."""

    def __init__(self, config: uvicorn.Config, before_shutdown: Drain | None = None) -> None:
        super().__init__(config)
        self._before_shutdown = before_shutdown

    @property
    def port(self) -> int:
        """The port it listens on, also when it was free to choose one."""
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return port

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then leave what start-up made out of every later garbage collection."""
        await super().startup(sockets)
        if self.started:
            gc.collect()
            gc.freeze()
            gc.collect()  # so that the old are counted without the frozen
            gc.set_threshold(*_GC_THRESHOLDS)
            _log.info("listening", host=self.config.host, port=self.port)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let nobody new in, drain, then close what is left."""
        _log.info("stopping")
        for server in self.servers:
            server.close()
        started = time.monotonic()
        if self._before_shutdown is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_DRAIN_SECONDS):
                    await self._before_shutdown()
        self.config.timeout_graceful_shutdown = max(1, int(_STOP_SECONDS - (time.monotonic() - started)))
        await super().shutdown(sockets)
        _log.info("stopped")

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but a stop that was asked for is not an error: the signal is not raised again at the end."""
        signals = (signal.SIGINT, signal.SIGTERM)
        previous = {number: signal.signal(number, self.handle_exit) for number in signals}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


def _raise_file_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
