"""The services behind the gateway: one connection pool for each, and what their silence means to a client.

A service that cannot be reached is 503 at once, one that does not answer in time is 504. Every service has its own
share of connections, so that a slow one never takes those of another.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from shared.caller import HEADER, Anonymous, Caller, CallerSigner
from shared.problems import Unavailable, UpstreamTimeout
from shared.tracing import HEADER as TRACE
from shared.tracing import step, traceparent
from shared.web.request_id import current_request_id

CONNECT_SECONDS: Final = 1.0
CONNECTIONS_PER_SERVICE: Final = 128
IDLE_SECONDS: Final = 60.0
"""Shorter than a service keeps an idle connection (75 s), so that a request never meets one that is closing."""

QUICK: Final = aiohttp.ClientTimeout(total=10.0, sock_connect=CONNECT_SECONDS)
STREAM: Final = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=30.0)
UPLOAD: Final = aiohttp.ClientTimeout(total=600.0, sock_connect=CONNECT_SECONDS)


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to a service, in somebody's name. `target` (path and query) goes out as it came."""

    service: str
    caller: Caller | Anonymous
    method: str
    target: str
    headers: CIMultiDict[str]
    body: bytes | AsyncIterator[bytes] | None = None
    timeout: aiohttp.ClientTimeout = QUICK


class Upstreams:
    """Asks services over HTTP; a Part by `running`."""

    def __init__(self, urls: Mapping[str, str], signer: CallerSigner) -> None:
        self._urls = {service: url.rstrip("/") for service, url in urls.items()}
        self._signer = signer
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Holds the connections for as long as the context is open."""
        connector = aiohttp.TCPConnector(
            limit=0, limit_per_host=CONNECTIONS_PER_SERVICE, keepalive_timeout=IDLE_SECONDS, ttl_dns_cache=10
        )
        async with aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            auto_decompress=False,
        ) as self._session:
            yield

    async def ask(self, ask: Ask) -> aiohttp.ClientResponse:
        """The head of the service's answer; whoever asked reads the rest, and closes it."""
        assert self._session is not None, "asked before the gateway was running"
        ask.headers[HEADER] = self._signer.sign(ask.service, ask.caller)
        ask.headers["X-Request-ID"] = current_request_id() or ""
        try:
            with step(f"ask {ask.service}", "client"):
                if parent := traceparent():
                    ask.headers[TRACE] = parent
                return await self._session.request(
                    ask.method,
                    URL(self._urls[ask.service] + ask.target, encoded=True),
                    headers=ask.headers,
                    data=ask.body,
                    timeout=ask.timeout,
                    allow_redirects=False,
                )
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as error:
            raise Unavailable(f"The {ask.service} service cannot be reached.") from error
        except TimeoutError as error:
            raise UpstreamTimeout(f"The {ask.service} service did not answer in time.") from error
        except aiohttp.ClientError as error:
            raise Unavailable(f"The {ask.service} service broke off.") from error
