"""The operations of an OpenAPI document, with what is needed to call one, and what any answer has to look like."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

from shared.ids import new_id
from shared.problems import Problem
from shared.testing.contract.committed import Schema
from shared.web.json_body import parse_json

_MAY_BE_AWAY = {503, 504}


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    json_body: Schema | None
    """The schema of the JSON that it takes; None when it takes none."""

    def url(self, known: Mapping[str, str]) -> str:
        """The path with what is known in place of its parameters, and new ids for the rest."""
        return "/".join(
            known.get(part[1:-1], new_id()) if part.startswith("{") else part for part in self.path.split("/")
        )

    def may_take(self, body: bytes) -> bool:
        """Whether the document allows this body, such as a `null` where a body may be missing."""
        try:
            value = parse_json(body)
        except Problem:
            return False
        return self.json_body is not None and Draft202012Validator(self.json_body).is_valid(value)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def operations(document: Schema) -> Iterator[Operation]:
    """Every operation of the document."""
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            taken = told.get("requestBody", {}).get("content", {}).get("application/json")
            body = {**taken["schema"], "components": document["components"]} if taken else None
            yield Operation(method.upper(), path, body)


def check_problem(document: Schema, what: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """An error is a problem document about itself; one of a server's is no answer but while something is away."""
    told = f"{what}: {status} {body[:500]!r}"
    assert status < 500 or status in _MAY_BE_AWAY, told
    assert headers.get("content-type") == "application/problem+json", told
    problem: dict[str, Any] = json.loads(body)
    Draft202012Validator(document["components"]["schemas"]["Problem"]).validate(problem)
    assert problem["status"] == status and problem["request_id"] == headers.get("x-request-id"), told
    if status in (429, 503):
        assert int(headers["retry-after"]) >= 0, told
