"""What is answered past FastAPI is what FastAPI would have answered."""

from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Header, Query
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from shared import problems
from shared.paging import Page, Paging
from shared.schemas import AnswerModel
from shared.tests import toy
from shared.web.direct import DirectMiddleware
from shared.web.json_body import StrictRoute
from shared.web.report import ReportMiddleware

router = APIRouter(prefix="/here", route_class=StrictRoute)


class Echo(AnswerModel):
    values: list[Any]


@router.get("/fixed/first")
async def first() -> Echo:
    return Echo(values=["first"])


@router.get("/{place}/first")
async def named(place: str, name: Annotated[str, Query()] = "unused") -> Echo:
    return Echo(values=[place, name])


@router.get("/numbers/{number}/{word}")
async def numbers(
    word: str, number: int, request: Request, yes: bool = False, many: Annotated[int | None, Query(ge=2, le=5)] = None
) -> Echo:
    return Echo(values=[word, number, yes, many, request.url.path])


@router.get("/needed", status_code=203)
async def needed(alias: Annotated[str, Query(alias="as", max_length=3)]) -> Echo:
    return Echo(values=[alias])


@router.get("/pages")
async def pages(paging: Paging) -> Page[int]:
    start = paging.after[0] if paging.after else 0
    return Page[int].model_validate(paging.page(range(start, start + paging.fetch), key=lambda each: [each + 1]))


@router.get("/response", response_model=Echo)
async def plain() -> Response:
    return PlainTextResponse("as it is", 418, {"X-Own": "1"})


@router.get("/wrong")
async def wrong() -> Echo:
    return {"values": 7}  # type: ignore[return-value]


@router.get("/header")
async def header(if_none_match: Annotated[str | None, Header()] = None) -> Echo:
    return Echo(values=[if_none_match])


@router.delete("/gone", status_code=204)
async def gone() -> None: ...


class _Nowhere:
    """Where FastAPI would be."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("FastAPI", 299)(scope, receive, send)


class _WithState:
    def __init__(self, app: Any, state: Any) -> None:
        self._app, self._state = app, state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "app": self._state}, receive, send)


def _fastapi() -> FastAPI:
    guards = [Middleware(ReportMiddleware)]
    app = FastAPI(routes=router.routes, openapi_url=None, redirect_slashes=False, middleware=guards)
    app.state.settings = toy.settings
    problems.install(app)
    return app


async def _get(app: Any, target: str, method: str = "GET") -> httpx.Response:
    transport = httpx.ASGITransport(ReportMiddleware(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://direct") as client:
        return await client.request(method, target, headers={"If-None-Match": "x"})


TARGETS = [
    "/here/fixed/first",
    "/here/other/first",
    "/here/other/first?name=given&name=twice",
    "/here/other/first?&name=a=b;c&&=&x",
    "/here/other/first?name=a+b%26name=c",
    "/here/other/first?name",
    "/here/numbers/7/w",
    "/here/numbers/7/%C3%A9%20x?yes=on&many=3",
    "/here/numbers/x/w?yes=perhaps&many=9",
    "/here/numbers/7/w?many=",
    "/here/needed",
    "/here/needed?as=",
    "/here/needed?as=abc&alias=x",
    "/here/needed?as=abcd",
    "/here/pages",
    "/here/pages?limit=2&limit=3",
    "/here/pages?limit=0&cursor=" + "x" * 2_000,
    "/here/pages?cursor=forged",
    "/here/response",
    "/here/wrong",
]
LEFT_TO_FASTAPI = [
    ("/here/header", "GET"),
    ("/here/gone", "DELETE"),
    ("/here/fixed/first", "POST"),
    ("/nowhere", "GET"),
]


@pytest.mark.parametrize("target", TARGETS)
async def test_it_answers_as_fastapi_does(target: str) -> None:
    expected = await _get(_fastapi(), target)
    found = await _get(_WithState(DirectMiddleware(_Nowhere(), router.routes), _fastapi()), target)
    assert (found.status_code, found.content) == (expected.status_code, expected.content)
    assert found.headers == expected.headers


@pytest.mark.parametrize(("target", "method"), LEFT_TO_FASTAPI)
async def test_the_rest_is_left_to_fastapi(target: str, method: str) -> None:
    assert (await _get(DirectMiddleware(_Nowhere(), router.routes), target, method)).status_code == 299


async def test_what_comes_after_a_route_for_any_path_is_left_to_fastapi() -> None:
    anywhere = APIRouter(route_class=StrictRoute)

    @anywhere.get("/{path:path}")
    async def any_path(path: str) -> Echo:
        return Echo(values=[path])

    app = DirectMiddleware(_Nowhere(), [*anywhere.routes, *router.routes])
    assert (await _get(app, "/here/fixed/first")).status_code == 299
