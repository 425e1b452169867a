"""Every error a client can see, as RFC 9457 `application/problem+json`.

Problem
├── Unauthorized 401      nobody, or not any more
├── Forbidden 403         known, but not allowed
├── NotFound 404          not there, or not visible to the caller
├── Conflict 409          does not fit the present state
├── TooLarge 413
├── UnsupportedMedia 415
├── Invalid 422           understood, and refused
├── TooMany 429           with Retry-After
├── Unavailable 503       something this needs is away; with Retry-After
└── UpstreamTimeout 504   something this needs is too slow
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from shared.web.request_id import current_request_id

MEDIA_TYPE = "application/problem+json"
_MOST_ERRORS = 20
_LONGEST_LOC = 100
# Two that were renamed by RFC 9110, which Python knows from 3.13 on.
_PHRASES = {413: "Content Too Large", 422: "Unprocessable Content"}
# Where the code is not the phrase: one code for one thing, whoever noticed it.
_CODES = {413: "too_large"}


class Problem(Exception):
    """An error with its status, a code for programs and a sentence for people."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        title: str | None = None,
        retry_after: int | None = None,
        errors: Sequence[Mapping[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.title = title or _phrase(status)
        self.retry_after, self.errors = retry_after, errors
        self.headers = dict(headers or {})


class Unauthorized(Problem):
    """401: no token, or one that is expired, revoked or invalid."""

    def __init__(self, code: str = "unauthorized", detail: str = "A valid access token is needed.") -> None:
        super().__init__(401, code, detail, headers={"WWW-Authenticate": "Bearer"})


class Forbidden(Problem):
    """403: the caller is known and may not do this."""

    def __init__(self, code: str = "forbidden", detail: str = "You may not do this.") -> None:
        super().__init__(403, code, detail)


class NotFound(Problem):
    """404: not there, or not visible to this caller; nobody can tell which."""

    def __init__(self, detail: str = "There is no such thing here.", code: str = "not_found") -> None:
        super().__init__(404, code, detail)


class Conflict(Problem):
    """409: it does not fit the present state."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(409, code, detail)


class TooLarge(Problem):
    """413: more than this route takes."""

    def __init__(self, detail: str = "The request is too large.", code: str = "too_large") -> None:
        super().__init__(413, code, detail)


class UnsupportedMedia(Problem):
    """415: not a kind of content this route takes."""

    def __init__(self, detail: str = "That media type is not taken.", code: str = "unsupported_media_type") -> None:
        super().__init__(415, code, detail)


class Invalid(Problem):
    """422: understood, and refused."""

    def __init__(self, code: str, detail: str, errors: Sequence[Mapping[str, Any]] | None = None) -> None:
        super().__init__(422, code, detail, errors=errors)


class TooMany(Problem):
    """429: later, please. There are `most` in so many `seconds`, and the next one in `retry_after` seconds.

    The headers are those of draft-ietf-httpapi-ratelimit-headers-03, with the policy's window.
    """

    def __init__(self, code: str, detail: str, retry_after: int = 1, *, most: int, seconds: int = 1) -> None:
        limit = {"Limit": str(most), "Remaining": "0", "Reset": str(retry_after), "Policy": f"{most};w={seconds}"}
        headers = {f"RateLimit-{name}": value for name, value in limit.items()}
        super().__init__(429, code, detail, retry_after=retry_after, headers=headers)


class Unavailable(Problem):
    """503: something this needs is away; trying again later helps."""

    def __init__(
        self, detail: str = "The service is unavailable.", retry_after: int = 1, code: str = "unavailable"
    ) -> None:
        super().__init__(503, code, detail, retry_after=retry_after)


class UpstreamTimeout(Problem):
    """504: something this needs did not answer in time."""

    def __init__(self, detail: str = "A service did not answer in time.", code: str = "upstream_timeout") -> None:
        super().__init__(504, code, detail)


def problem_body(problem: Problem, request_id: str | None) -> dict[str, Any]:
    """The JSON object of RFC 9457, with our `code` and `request_id`."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        "request_id": request_id,
    }
    if problem.errors is not None:
        body["errors"] = list(problem.errors)
    elif problem.status == 422:  # of the request as a whole
        body["errors"] = [{"loc": [], "msg": problem.detail, "type": problem.code}]
    return body


def problem_response(problem: Problem, more: Mapping[str, Any] | None = None) -> Response:
    """The answer for `problem`, under the request id of the present request, with `more` members of its own."""
    headers = dict(problem.headers)
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    content = orjson.dumps({**problem_body(problem, current_request_id()), **(more or {})})
    return Response(content, problem.status, headers, MEDIA_TYPE)


def invalid_request(errors: Sequence[Any]) -> Invalid:
    """422 for what pydantic found wrong with a request."""
    shown = [_error(each) for each in errors[:_MOST_ERRORS]]
    return Invalid("invalid", "The request does not have the expected form.", shown)


def install(app: FastAPI) -> None:
    """Make every error raised below a route leave as a problem."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_exception)


async def _on_problem(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return problem_response(problem)


async def _on_invalid(_: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)
    return problem_response(invalid_request(exc.errors()))


def _error(error: Mapping[str, Any]) -> dict[str, Any]:
    # Never `input` or `ctx`: they repeat what was sent, passwords included.
    loc = [part if isinstance(part, int) else str(part)[:_LONGEST_LOC] for part in error["loc"]]
    return {"loc": loc, "msg": error["msg"], "type": error["type"]}


async def _on_http_exception(_: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    phrase = _phrase(exc.status_code)
    code = _CODES.get(exc.status_code, phrase.lower().replace(" ", "_").replace("-", "_"))
    detail = exc.detail if exc.detail != phrase else f"{phrase}."
    return problem_response(Problem(exc.status_code, code, detail, headers=exc.headers))


def _phrase(status: int) -> str:
    if status in _PHRASES:
        return _PHRASES[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
