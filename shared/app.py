"""The application every service is: its routes, between the same guards, with the same three operator paths."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any, cast

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from shared import problems
from shared.caller import CallerVerifier
from shared.metrics import count_tasks, metrics_response
from shared.openapi import describe
from shared.settings import ProcessSettings, ServiceSettings
from shared.tracing import TraceMiddleware, traced
from shared.web.answer_headers import AnswerHeadersMiddleware
from shared.web.authenticate import AuthenticateMiddleware
from shared.web.body_limit import BodyLimitMiddleware
from shared.web.clean_url import CleanUrlMiddleware
from shared.web.direct import DirectMiddleware
from shared.web.json_body import StrictRoute
from shared.web.report import ReportMiddleware

Part = Callable[[], AbstractAsyncContextManager[Any]]
Check = Callable[[], Awaitable[None]]

_CHECK_SECONDS = 2.0


def create_app(
    *,
    service: str,
    version: str,
    settings: ProcessSettings,
    routers: Sequence[APIRouter],
    parts: Sequence[Part],
    ready: Mapping[str, Check] | None = None,
    behind: Mapping[str, Check] | None = None,
    max_body: int = 256 * 1024,
    middleware: Sequence[Middleware] = (),
) -> FastAPI:
    """The application of `service`.

    `parts` are entered in order at start and left in reverse at stop; `ready` names what the service cannot do without,
    `behind` the services behind it: /readyz says which of them are away, and is green all the same, since calls to the
    others work.
    With `ServiceSettings` every path but the operator's wants the gateway's word for who is calling.
    `middleware` goes innermost, next to the routes.
    """
    if settings.otlp_endpoint:
        parts = [partial(traced, service, version, settings.otlp_endpoint), *parts]
    guards = [
        *([Middleware(TraceMiddleware, trusted=True)] if settings.otlp_endpoint else []),
        Middleware(AnswerHeadersMiddleware),
        Middleware(ReportMiddleware),
        Middleware(CleanUrlMiddleware),
    ]
    if isinstance(settings, ServiceSettings):
        verifier = CallerVerifier(service, settings.caller_secret.get_secret_value())
        guards.append(Middleware(AuthenticateMiddleware, verifier=verifier))
    operator = _operator_routes(service, version, settings.instance, ready or {}, behind or {})
    # Not included but taken over: matching through included routers costs a fifth of a request.
    routes = [route for router in routers for route in _strict(service, router)] + operator.routes
    guards += [Middleware(BodyLimitMiddleware, most=max_body), *middleware, Middleware(DirectMiddleware, routes=routes)]
    app = _Guarded(
        title=f"Parley {service}",
        version=version,
        openapi_url=None,
        redirect_slashes=False,
        routes=routes,
        middleware=guards,
        lifespan=_lifespan(parts),
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.settings = settings
    if isinstance(settings, ServiceSettings):
        app.state.caller_verifier = verifier
    problems.install(app)
    describe(app)
    return app


class _Guarded(FastAPI):
    """FastAPI without its layers around our guards, which answer errors, trace and limit bodies themselves."""

    def build_middleware_stack(self) -> ASGIApp:
        """From the outermost guard on."""
        stack: Any = super().build_middleware_stack()
        outermost: Any = self.user_middleware[0].cls
        while type(stack) is not outermost:
            stack = stack.app
        return cast(ASGIApp, stack)


def _strict(service: str, router: APIRouter) -> list[BaseRoute]:
    for route in router.routes:
        if isinstance(route, APIRoute) and not isinstance(route, StrictRoute):
            raise TypeError(f"{route.path} of {service} is not a route of an APIRouter(route_class=StrictRoute)")
        if isinstance(included := getattr(route, "original_router", None), APIRouter):
            _strict(service, included)
    return router.routes


def _lifespan(parts: Sequence[Part]) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        count_tasks()
        async with AsyncExitStack() as stack:
            for part in parts:
                await stack.enter_async_context(part())
            yield

    return lifespan


def _operator_routes(
    service: str, version: str, instance: str, ready: Mapping[str, Check], behind: Mapping[str, Check]
) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> Response:
        return JSONResponse({"service": service, "version": version, "alive": True})

    @router.get("/readyz")
    async def readyz() -> Response:
        checks, services = await asyncio.gather(_results(ready), _results(behind))
        away = [name for name, result in checks.items() if result != "ok"]
        body = {"service": service, "version": version, "instance": instance, "ready": not away, "checks": checks}
        if services:
            body["services"] = services
        if away:
            lacking = problems.Unavailable(f"Not there: {', '.join(away)}.", code="not_ready")
            return problems.problem_response(lacking, body)
        return JSONResponse(body)

    @router.get("/metrics")
    async def metrics() -> Response:
        return metrics_response()

    return router


async def _results(checks: Mapping[str, Check]) -> dict[str, str]:
    return dict(zip(checks, await asyncio.gather(*map(_checked, checks.values())), strict=True))


async def _checked(check: Check) -> str:
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            await check()
    except Exception as exc:
        # The kind, not the message: that may name hosts, and anyone who reaches the port may ask.
        return exc.detail if isinstance(exc, problems.Problem) else type(exc).__name__
    return "ok"
