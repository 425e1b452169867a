"""The status of a change: what it is when messaging has it, 202 while messaging does not."""

from typing import Any

from starlette.responses import Response

ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {"description": "Done; it takes its place in the room's order as soon as messaging is back."}
}


def settle(response: Response, in_order: bool) -> None:
    """Say 202 instead of the route's own status when the change is not in the room's order yet."""
    if not in_order:
        response.status_code = 202


def nothing(in_order: bool) -> Response:
    """The answer of a change that has nothing to show."""
    return Response(status_code=204 if in_order else 202)
