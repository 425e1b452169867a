"""The application's OpenAPI document: every operation may answer with a problem, and says so."""

from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from shared.caller import require_caller
from shared.problems import MEDIA_TYPE

_ANSWER = {
    "description": "A problem (RFC 9457)",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}

_PROBLEM = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": {"type": "string", "description": "for programs: stable, lower case"},
        "detail": {"type": "string", "description": "for people"},
        "request_id": {"type": ["string", "null"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["loc", "msg", "type"],
                "properties": {
                    "loc": {"type": "array", "items": {"type": ["string", "integer"]}},
                    "msg": {"type": "string"},
                    "type": {"type": "string"},
                },
            },
        },
    },
}

# What the public sees; the gateway turns the bearer token into the header that a service checks.
_BEARER = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


def describe(app: FastAPI) -> None:
    """Let `app.openapi()` speak of our problems in place of FastAPI's own validation errors."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        for operations in document["paths"].values():
            for operation in operations.values():
                operation["responses"].setdefault("default", _ANSWER)
                if "HTTPValidationError" in str(operation["responses"].get("422")):
                    del operation["responses"]["422"]
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        schemas["Problem"] = _PROBLEM
        for route in app.routes:
            if isinstance(route, APIRoute) and route.include_in_schema and _asks_who(route.dependant):
                document["components"]["securitySchemes"] = {"bearer": _BEARER}
                for method in route.methods or ():
                    document["paths"][route.path_format][method.lower()]["security"] = [{"bearer": []}]
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _asks_who(dependant: Dependant) -> bool:
    # Found here, and not by FastAPI's security classes, which would read the header once more on every request.
    return dependant.call is require_caller or any(map(_asks_who, dependant.dependencies))
