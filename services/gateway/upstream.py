"""The services behind the gateway: one connection pool for each, and what their silence means to a client.

A service that cannot be reached is 503 at once, one that does not answer in time is 504. Every service has its own
share of connections, so that a slow one never takes those of another. Answers that fit into memory come by a pool of
our own; what is streamed, either way, by aiohttp's client, which knows how to wait for the slower side.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from services.gateway.connection import Answer, Broken
from services.gateway.pool import CONNECT_SECONDS, CONNECTIONS_PER_SERVICE, IDLE_SECONDS, Pool, Unreachable
from shared.caller import HEADER, Anonymous, Caller, CallerSigner
from shared.problems import Problem, Unavailable, UpstreamTimeout
from shared.tracing import HEADER as TRACE
from shared.tracing import step, traceparent
from shared.web.request_id import current_request_id

QUICK: Final = 10.0
STREAM: Final = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=30.0)
UPLOAD: Final = aiohttp.ClientTimeout(total=600.0, sock_connect=CONNECT_SECONDS)
_LOOK: Final = 1.0
_REPEATABLE: Final = frozenset({"GET", "PUT", "DELETE"})
_FAILURES: Final = (Unreachable, Broken, TimeoutError, aiohttp.ClientError)


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to a service, in somebody's name. `target` (path and query) goes out as it came."""

    service: str
    caller: Caller | Anonymous
    method: str
    target: str
    headers: CIMultiDict[str]


class Upstreams:
    """Asks services over HTTP; a Part by `running`."""

    def __init__(self, urls: Mapping[str, str], signer: CallerSigner) -> None:
        self._urls = {service: url.rstrip("/") for service, url in urls.items()}
        self._signer = signer
        self._pools: dict[str, Pool] = {}
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Holds the connections for as long as the context is open."""
        connector = aiohttp.TCPConnector(
            limit=0, limit_per_host=CONNECTIONS_PER_SERVICE, keepalive_timeout=IDLE_SECONDS, ttl_dns_cache=10
        )
        self._pools = {service: Pool(url) for service, url in self._urls.items()}
        try:
            async with aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
                auto_decompress=False,
            ) as self._session:
                yield
        finally:
            for pool in self._pools.values():
                pool.close()

    async def ask(self, ask: Ask, body: bytes | None = None, seconds: float = QUICK) -> Answer:
        """The service's answer, whole."""
        pool = self._pools[ask.service]
        try:
            with step(f"ask {ask.service}", "client"):
                question = _written(pool, ask, self._complete(ask), body)
                return await pool.ask(question, again=ask.method in _REPEATABLE, seconds=seconds)
        except _FAILURES as error:
            raise _named(ask.service, error) from error

    async def look_for(self, service: str) -> None:
        """Return when the service's process answers; else raise what a call to it would have met."""
        pool = self._pools[service]
        question = f"GET {pool.prefix}/healthz HTTP/1.1\r\nHost: {pool.netloc}\r\n\r\n".encode()
        try:
            await pool.ask(question, again=True, seconds=_LOOK)
        except _FAILURES as error:
            raise _named(service, error) from error

    async def stream(
        self, ask: Ask, body: bytes | AsyncIterator[bytes] | None, timeout: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        """The head of the service's answer; whoever asked reads the rest, and closes it."""
        assert self._session is not None, "asked before the gateway was running"
        try:
            with step(f"ask {ask.service}", "client"):
                return await self._session.request(
                    ask.method,
                    URL(self._urls[ask.service] + ask.target, encoded=True),
                    headers=self._complete(ask),
                    data=body,
                    timeout=timeout,
                    allow_redirects=False,
                )
        except _FAILURES as error:
            raise _named(ask.service, error) from error

    def _complete(self, ask: Ask) -> CIMultiDict[str]:
        """The headers with our own word, which no client's may stand beside."""
        ask.headers[HEADER] = self._signer.sign(ask.service, ask.caller)
        ask.headers["X-Request-ID"] = current_request_id() or ""
        if parent := traceparent():
            ask.headers[TRACE] = parent
        return ask.headers


def _written(pool: Pool, ask: Ask, headers: CIMultiDict[str], body: bytes | None) -> bytes:
    lines = [f"{ask.method} {pool.prefix}{ask.target} HTTP/1.1", f"Host: {pool.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    text = "\r\n".join(lines)
    if not text.count("\n") == text.count("\r") == len(lines) - 1:
        raise ValueError("a line of a request's head is two")  # the server lets none in
    head = (text + "\r\n\r\n").encode("latin-1")
    return head + body if body else head


def _named(service: str, error: Exception) -> Problem:
    """What went wrong while a service was asked."""
    if isinstance(error, Unreachable | aiohttp.ConnectionTimeoutError | aiohttp.ClientConnectorError):
        return Unavailable(f"The {service} service cannot be reached.")
    if isinstance(error, TimeoutError):
        return UpstreamTimeout(f"The {service} service did not answer in time.")
    return Unavailable(f"The {service} service broke off.")
