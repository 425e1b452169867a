"""Calls without a body are answered past FastAPI, from its own description of their routes.

FastAPI works out for each request what the route asks for, in a dozen layers; that costs more than most of our routes
do. Here it is worked out once. Routes are found in the order and by the patterns that FastAPI has, its fields check and
write the values, so refusals and answers are the same. What asks for a header, a form or a body stays with FastAPI.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from fastapi.datastructures import DefaultPlaceholder
from fastapi.exceptions import ResponseValidationError
from fastapi.routing import APIRoute
from starlette.convertors import StringConvertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.problems import invalid_request
from shared.web.asked import Asked, Errors, asked


@dataclass(frozen=True, slots=True)
class _Place:
    """A route, and what it asks for if it can be answered here."""

    pattern: re.Pattern[str]
    methods: frozenset[str]
    route: APIRoute
    asked: Asked | None


class DirectMiddleware:
    """Stands innermost, where FastAPI's own handling begins."""

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        self._places: defaultdict[int, list[_Place]] = defaultdict(list)
        for route in routes:
            if not isinstance(route, APIRoute) or not _is_plain(route):
                break  # it may stand for any path: what comes later is FastAPI's to find
            place = _Place(route.path_regex, frozenset(route.methods or ()), route, _asked(route))
            self._places[route.path.count("/")].append(place)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._find(scope) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        place, path = found
        scope["route"], scope["path_params"] = place.route, path
        response = await _answer(place, path, Request(scope, receive))
        await response(scope, receive, send)

    def _find(self, scope: Scope) -> tuple[_Place, dict[str, str]] | None:
        path: str = scope["path"]
        for place in self._places.get(path.count("/"), ()):
            if scope["method"] in place.methods and (match := place.pattern.match(path)):
                return None if place.asked is None else (place, match.groupdict())
        return None


async def _answer(place: _Place, path: dict[str, str], request: Request) -> Response:
    assert place.asked is not None
    errors: Errors = []
    arguments = await place.asked.fetch(request, path, _query(request.scope["query_string"]), errors)
    if errors:
        raise invalid_request(errors)
    returned = await place.asked.call(**arguments)
    return returned if isinstance(returned, Response) else _written(place.route, returned)


def _query(sent: bytes) -> dict[str, str]:
    text = sent.decode("latin-1")
    if "%" in text or "+" in text:
        return dict(parse_qsl(text, keep_blank_values=True))
    pairs = (pair.partition("=") for pair in text.split("&") if pair)  # the same, where nothing is escaped
    return {name: value for name, _, value in pairs}


def _written(route: APIRoute, returned: Any) -> Response:
    assert route.response_field is not None
    value, errors = route.response_field.validate(returned, loc=("response",))
    if errors:
        raise ResponseValidationError(errors=errors, body=returned)
    content = route.response_field.serialize_json(value)
    return Response(content, route.status_code or 200, media_type="application/json")


def _is_plain(route: APIRoute) -> bool:
    return all(isinstance(convertor, StringConvertor) for convertor in route.param_convertors.values())


def _asked(route: APIRoute) -> Asked | None:
    """None when the route has its own way to take or to write something."""
    changes = (
        route.response_model_include,
        route.response_model_exclude,
        route.response_model_exclude_unset,
        route.response_model_exclude_defaults,
        route.response_model_exclude_none,
    )
    written = route.response_field is not None and route.response_model_by_alias and not any(changes)
    if not written or not isinstance(route.response_class, DefaultPlaceholder) or route.body_field is not None:
        return None
    return asked(route.dependant)
