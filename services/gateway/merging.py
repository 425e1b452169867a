"""One OpenAPI document out of those of the services, as a client sees them: behind one address, with one login."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from services.gateway import VERSION

Document = dict[str, Any]
_REF: Final = "#/components/schemas/"

_BEARER: Final = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
_LOGIN: Final = {
    "type": "oauth2",
    "description": "The login form; a client of yours may as well send JSON.",
    "flows": {"password": {"tokenUrl": "/api/v1/auth/login", "refreshUrl": "/api/v1/auth/refresh", "scopes": {}}},
}


def merged(documents: Mapping[str, Document]) -> Document:
    """The documents as one; a schema name that two of them use differently gets its service in front."""
    clashes = _clashes(documents)
    paths: dict[str, Document] = {}
    schemas: Document = {}
    for service, document in documents.items():
        names = {name: service.capitalize() + name for name in clashes & _schemas(document).keys()}
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                paths.setdefault(path, {})[method] = _renamed(_operation(service, operation), names)
        for name, schema in _schemas(document).items():
            schemas[names.get(name, name)] = _renamed(schema, names)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Parley", "version": VERSION, "description": "Sockets and events: see /asyncapi.json."},
        "servers": [{"url": "/"}],
        "tags": [{"name": service} for service in documents],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"bearer": _BEARER, "login": _LOGIN}},
    }


def _operation(service: str, operation: Any) -> Any:
    told = {**operation, "tags": [service]}
    if told.get("security"):
        told["security"] = [{"bearer": []}, {"login": []}]
    return told


def _schemas(document: Document) -> Document:
    schemas: Document = document.get("components", {}).get("schemas", {})
    return schemas


def _clashes(documents: Mapping[str, Document]) -> set[str]:
    """Names that mean different things, directly or by what they refer to."""
    told: dict[str, list[Any]] = {}
    for document in documents.values():
        for name, schema in _schemas(document).items():
            told.setdefault(name, []).append(schema)
    clashes = {name for name, schemas in told.items() if any(schema != schemas[0] for schema in schemas)}
    shared = {name: schemas[0] for name, schemas in told.items() if len(schemas) > 1}
    while more := {name for name, schema in shared.items() if clashes & set(_refers_to(schema))} - clashes:
        clashes |= more
    return clashes


def _refers_to(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.startswith(_REF):
        yield value.removeprefix(_REF)
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _refers_to(item)


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    if isinstance(value, str) and value.startswith(_REF):
        name = value.removeprefix(_REF)
        return _REF + names.get(name, name)
    return value
