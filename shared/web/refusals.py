"""The answers of the protocol itself, to requests that never become one: problems, as bytes."""

import re

import httptools
import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from shared.problems import MEDIA_TYPE, Problem, problem_body
from shared.web.request_id import sane_request_id

_METHOD = re.compile(rb"[A-Z]{1,20} ")
_ALLOWED = {"Allow": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"}

HEAD_TOO_LARGE = Problem(431, "headers_too_large", "The headers of the request are too large.")
TOO_MANY_HEADERS = Problem(431, "too_many_headers", "The request has too many headers.")
HEAD_TOO_SLOW = Problem(408, "request_timeout", "The request came too slowly.")
BODY_TOO_SLOW = Problem(408, "request_timeout", "The body came too slowly.")


def bad_request(detail: str) -> Problem:
    """A request that two servers could read differently."""
    return Problem(400, "bad_request", detail)


def not_http(exc: httptools.HttpParserError, data: bytes) -> Problem:
    """What to say to `data`, which the parser gave up on."""
    if isinstance(exc, httptools.HttpParserInvalidMethodError) and _METHOD.match(data):
        return Problem(405, "method_not_allowed", "There is no such method.", headers=_ALLOWED)
    return bad_request("This is not valid HTTP.")


def written(problem: Problem) -> bytes:
    """The whole answer, which is the last on its connection."""
    request_id = sane_request_id(None)
    content = orjson.dumps(problem_body(problem, request_id))
    headers = {
        "content-type": MEDIA_TYPE,
        "content-length": str(len(content)),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "x-request-id": request_id,
        "connection": "close",
        **problem.headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return STATUS_LINE[problem.status] + head.encode() + b"\r\n" + content
