"""The operations that the gateway answers itself, as its part of the OpenAPI document."""

from typing import Any, Final


def _operation(name: str, summary: str, parameter: str, properties: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "required": sorted(properties), "properties": properties}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "parameters": [
                {"name": parameter, "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
            ],
            "responses": {
                "200": {"description": "Successful Response", "content": {"application/json": {"schema": schema}}},
                "default": {"description": "A problem (RFC 9457)", "content": problem},
            },
            "security": [{"bearer": []}],
        }
    }


_USER_ID: Final = {"type": "string", "format": "uuid"}
_MOMENT: Final = {"type": ["string", "null"], "format": "date-time"}
_STATUS: Final = {"type": "string", "enum": ["online", "away", "offline"]}

OWN_OPERATIONS: Final[dict[str, Any]] = {
    "paths": {
        "/api/v1/rooms/{room_id}/presence": _operation(
            "room_presence", "Who of a room is here", "room_id", {"online": {"type": "array", "items": _USER_ID}}
        ),
        "/api/v1/users/{user_id}/presence": _operation(
            "user_presence",
            "Whether somebody is here",
            "user_id",
            {"user_id": _USER_ID, "status": _STATUS, "last_seen_at": _MOMENT},
        ),
    }
}
