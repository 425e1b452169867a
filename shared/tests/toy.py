"""A service small enough to test the kit with."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import PlainTextResponse

from shared.app import create_app
from shared.caller import HEADER, AnyCaller, Caller, CallerSigner, SomeCaller
from shared.clock import Timestamp, utc_now
from shared.ids import Id, new_id
from shared.paging import Page, Paging
from shared.problems import Conflict, TooMany
from shared.schemas import AnswerModel, RequestModel
from shared.settings import ServiceSettings
from shared.web.body_limit import allow_body
from shared.web.json_body import StrictRoute
from shared.web.request_id import current_request_id

SECRET = "the toy's own secret, 0123456789abcdef"
PRIVATE = "password=hunter2 is in here\nand so is row (1, 'private')"
UPLOAD_LIMIT = 1024 * 1024
THINGS = [f"00000000-0000-7000-8000-{number:012d}" for number in range(120)]

router = APIRouter(prefix="/api/v1", route_class=StrictRoute)
settings = ServiceSettings(caller_secret=SECRET)


class Draft(RequestModel):
    name: str
    count: int = 0
    at: Timestamp | None = None


class Thing(AnswerModel):
    id: Id
    name: str
    at: Timestamp


@router.post("/things", status_code=201)
async def make_thing(draft: Draft, caller: SomeCaller) -> Thing:
    return Thing(id=new_id(), name=draft.name, at=draft.at or utc_now())


@router.get("/things")
async def list_things(paging: Paging, caller: AnyCaller, q: str = "") -> Page[Id]:
    after = paging.after[0] if paging.after else ""
    found = [thing for thing in THINGS if thing > after and q in thing]
    return Page[Id].model_validate(paging.page(found[: paging.fetch], lambda thing: [thing]))


@router.get("/things/{thing_id}")
async def get_thing(thing_id: Id) -> Thing:
    return Thing(id=thing_id, name="a thing", at=utc_now())


@router.get("/numbers/{number}")
async def get_number(number: int) -> int:
    return number


@router.get("/text")
async def get_text() -> PlainTextResponse:
    return PlainTextResponse("text", headers={"Cache-Control": "public, max-age=60"})


@router.get("/broken")
async def be_broken() -> None:
    raise RuntimeError(PRIVATE)


@router.get("/taken")
async def be_taken() -> None:
    raise Conflict("name_taken", "That name is taken.")


@router.get("/busy")
async def be_busy() -> None:
    raise TooMany("rate_limited", "Slower, please.", 7, most=60, seconds=10)


@router.get("/large")
async def be_large() -> PlainTextResponse:
    return PlainTextResponse(b"x" * 50_000_000)


@router.get("/slow")
async def be_slow() -> str:
    await asyncio.sleep(0.5)
    return "done"


@router.get("/request-id")
async def tell_request_id() -> str | None:
    return await asyncio.to_thread(current_request_id)


@router.post("/form")
async def take_form(name: Annotated[str, Form()]) -> str:
    return name


@router.post("/upload")
async def upload(request: Request) -> int:
    allow_body(request.scope, UPLOAD_LIMIT)
    return sum([len(piece) async for piece in request.stream()])


app = create_app(service="toy", version="1.2.3", settings=settings, routers=[router], parts=[])
CALLER = Caller(user_id=new_id(), session_id=new_id(), role="user", ip="192.0.2.1")


def caller_headers() -> dict[str, str]:
    """What the gateway would add for someone logged in."""
    return {HEADER: CallerSigner({"toy": SECRET}).sign("toy", CALLER)}
