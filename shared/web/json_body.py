"""JSON taken strictly: what two parsers could read differently, or a database cannot hold, is refused with 400."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

import orjson
from fastapi import Request, params
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response

from shared.problems import Problem, UnsupportedMedia

_DEEPEST = 64
_LONGEST_INT = 20
_INT64 = 2**63
_SLOWEST_BODY = 9.5


def parse_json(raw: bytes) -> Any:
    """The value of `raw`; Problem 400 `invalid_json` for anything that is not plain, unambiguous JSON in UTF-8."""
    try:
        # orjson is the judge of the grammar (NaN, lone surrogates, broken UTF-8, trailing text, nesting) ...
        orjson.loads(raw)
        # ... and the standard parser shows what orjson hides: repeated keys, and integers it would round.
        value = _DECODER.decode(raw.decode())
    except (ValueError, RecursionError):
        _refuse("The body is not valid JSON.")
    if raw.count(b"[") + raw.count(b"{") > _DEEPEST or b"\\u0000" in raw:
        _check_tree(value)
    return value


async def read_json(request: Request) -> Any:
    """The JSON body of `request`, for a route that reads it itself; None when there is no body."""
    try:
        async with asyncio.timeout(_SLOWEST_BODY):
            raw = await request.body()
    except TimeoutError:
        raise Problem(408, "request_timeout", "The body came too slowly.", headers={"Connection": "close"}) from None
    if not raw:
        return None
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMedia("The body of this request must be application/json.")
    return parse_json(raw)


class StrictRoute(APIRoute):
    """A route whose JSON body is read by `parse_json`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, with the body read before it."""
        handle = super().get_route_handler()
        takes_json = self.body_field is not None and not isinstance(self.body_field.field_info, params.Form)

        async def handle_strictly(request: Request) -> Response:
            if takes_json:
                # FastAPI finds both already read, and takes them from here.
                request._json = await read_json(request)
            try:
                return await handle(request)
            except HTTPException as exc:
                # FastAPI makes a bare 400 of anything that goes wrong while a form is read.
                if isinstance(exc.__cause__, Problem):
                    raise exc.__cause__ from None
                raise

        return handle_strictly


def _refuse(detail: str) -> NoReturn:
    raise Problem(400, "invalid_json", detail) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        _refuse("The body has an object with the same key twice.")
    return members


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_INT or not -_INT64 <= (number := int(digits)) < _INT64:
        _refuse("The body has a number that is out of range.")
    return number


def _real(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        _refuse("The body has a number that is out of range.")
    return number


def _check_tree(value: Any) -> None:
    # Level by level, not by recursion: the nesting is what is in doubt.
    level, depth = [value], 0
    while level:
        if any(isinstance(each, str) and "\0" in each for each in level):
            _refuse("The body has text with a NUL character.")
        lists = [each for each in level if isinstance(each, list)]
        objects = [each for each in level if isinstance(each, dict)]
        depth += bool(lists or objects)
        if depth > _DEEPEST:
            _refuse("The body is nested too deeply.")
        level = [item for each in lists for item in each]
        level += [item for each in objects for pair in each.items() for item in pair]


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_float=_real)
