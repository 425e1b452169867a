"""A URL that no database could hold or two decoders read differently is refused before it is routed."""

from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from shared.problems import Problem, problem_response


class CleanUrlMiddleware:
    """400 for NUL and for what is not UTF-8, in the path and in the query."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _clean(scope.get("raw_path") or b"", scope["query_string"]):
            problem = Problem(400, "invalid_url", "The URL is not valid UTF-8, or has a NUL character.")
            await problem_response(problem)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _clean(*parts: bytes) -> bool:
    return all(part.isascii() and (b"%" not in part or _decodes(part)) for part in parts)


def _decodes(part: bytes) -> bool:
    try:
        return "\0" not in unquote_to_bytes(part).decode()
    except UnicodeDecodeError:
        return False
