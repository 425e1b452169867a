"""The gateway, composed: sockets to `realtime`, calls to the proxy, the rest to a small application of pages.

                        ┌ websocket ──► realtime
    server ──► Gateway ─┤ /api/v1/… ──► guards of the kit ─► CORS ─► proxy ──► services
                        └ the rest ───► pages, documents, /healthz, /readyz, /metrics

Calls don't go through the application of pages: what FastAPI adds to a call would cost more than the rest of it.
"""

from functools import partial
from typing import TYPE_CHECKING, Final, cast

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway import VERSION
from services.gateway.address import ClientAddress, limiter_key
from services.gateway.admission import Admission
from services.gateway.cors import CorsMiddleware
from services.gateway.edge import HideMiddleware, HostMiddleware, with_hsts
from services.gateway.hosts import Hosts
from services.gateway.limits import Limits
from services.gateway.metrics_port import metrics_served
from services.gateway.origins import Origins
from services.gateway.pages import pages
from services.gateway.presence import PresenceCalls
from services.gateway.proxy import Proxy
from services.gateway.realtime.app import Realtime
from services.gateway.routing import API
from services.gateway.sessions import Sessions
from services.gateway.settings import Settings
from services.gateway.upstream import Upstreams
from shared.app import create_app as create_kit_app
from shared.bus import Bus
from shared.caller import CallerSigner
from shared.tracing import TraceMiddleware
from shared.web.answer_headers import AnswerHeadersMiddleware
from shared.web.clean_url import CleanUrlMiddleware
from shared.web.report import ReportMiddleware

if TYPE_CHECKING:
    from services.gateway.redis_windows import RedisWindows

KEYS: Final = "/.well-known/jwks.json"


class Gateway:
    """The ASGI application that faces clients."""

    def __init__(self, calls: ASGIApp, sockets: ASGIApp, rest: ASGIApp, addresses: ClientAddress) -> None:
        self._calls = calls
        self._sockets = sockets
        self._rest = rest
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection's worth of ASGI."""
        if scope["type"] == "lifespan":
            await self._rest(scope, receive, send)
            return
        scope["scheme"] = self._addresses.scheme_of(scope)
        if scope["path"] == KEYS:  # RFC 8615 has it at the root, our own base path below /api/v1: both are taken
            scope["path"], scope["raw_path"] = API + KEYS, (API + KEYS).encode()
        if scope["type"] == "websocket":
            await self._sockets(scope, receive, send)
            return
        inner = self._calls if scope["path"].startswith(API + "/") else self._rest
        if inner is self._rest and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}  # the server leaves the content out
        await inner(scope, receive, with_hsts(send) if scope["scheme"] == "https" else send)


def create_app(settings: Settings) -> Gateway:
    """The gateway that these settings describe."""
    bus = Bus("gateway", settings)
    signer = CallerSigner(settings.caller_secrets())
    sessions = Sessions(bus)
    windows = _redis_windows(settings) if settings.redis_host else None
    limits = Limits(settings.limits(), windows)
    addresses = ClientAddress(settings.parley_trusted_proxies)
    origins = Origins(settings.parley_allowed_origins)
    hosts = Hosts(settings.parley_allowed_hosts)
    upstreams = Upstreams(settings.urls(), signer)
    realtime = Realtime(
        bus,
        signer,
        sessions,
        limits,
        origins,
        hosts,
        max_sockets=settings.parley_max_sockets,
        max_per_address=settings.parley_max_sockets_per_address,
        away_seconds=settings.parley_away_seconds,
        url_tickets_only=settings.parley_ws_url_tokens == "tickets",
        client_address=lambda scope: str(addresses.of(scope)),
        counted_as=lambda scope: limiter_key(addresses.of(scope)),
    )
    who = PresenceCalls(realtime.presence, upstreams, bus)
    local = {"/rooms/{room_id}/presence": who.room, "/users/{user_id}/presence": who.user}
    largest = {"upload": settings.files_max_bytes, "picture": settings.files_avatar_max_bytes}
    proxy = Proxy(Admission(sessions, limits, addresses), upstreams, sessions, local, largest)
    rest = create_kit_app(
        service="gateway",
        version=VERSION,
        settings=settings,
        routers=[pages(docs=settings.parley_docs)],
        parts=[
            *([windows.running] if windows else []),
            bus.connected,
            upstreams.running,
            sessions.running,
            realtime.running,
            lambda: metrics_served(settings.host, settings.parley_metrics_port),
        ],
        ready={"nats": bus.ping, "sessions": sessions.ready},
        behind={service: partial(upstreams.look_for, service) for service in settings.urls()},
        middleware=[
            Middleware(HostMiddleware, hosts=hosts),
            Middleware(HideMiddleware, paths={"/metrics"} if settings.parley_metrics_port else set()),
        ],
    )
    calls = _guarded(HostMiddleware(proxy, hosts), origins)
    if settings.otlp_endpoint:
        calls = TraceMiddleware(calls, trusted=False)
    return Gateway(calls, cast(ASGIApp, realtime), rest, addresses)


def _guarded(proxy: ASGIApp, origins: Origins) -> ASGIApp:
    """The kit's guards in the kit's order; bodies are limited by their route, in the proxy."""
    return AnswerHeadersMiddleware(CorsMiddleware(ReportMiddleware(CleanUrlMiddleware(proxy)), origins))


def _redis_windows(settings: Settings) -> "RedisWindows":
    from services.gateway.redis_windows import RedisWindows  # here: a gateway without Redis saves its client's memory

    return RedisWindows(settings.redis_host, settings.redis_port, settings.redis_password.get_secret_value())
