"""Schemathesis: whatever is sent, as the document allows it or not, the answer is a documented one."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from shared.testing.contract.committed import Schema
from shared.testing.contract.operations import check_problem
from shared.testing.plugin import anonymous_header, caller_header

ROLES = ("user", "user", "admin", "admin", "nobody")
_ORDER = ("get", "put", "post", "delete")
_CHECKS = [content_type_conformance, response_schema_conformance]


@dataclass(frozen=True)
class World:
    """As whom one calls in each of `ROLES`, and ids of what is there, by the name of their path parameter."""

    headers: Callable[[str], Mapping[str, str]]
    known: Mapping[str, str]


def signed(service: str, role: str, user_id: str, session_id: str | None = None) -> dict[str, str]:
    """The gateway's word for this person, or for nobody."""
    if role == "nobody":
        return anonymous_header(service)
    return caller_header(service, user_id, role=role, session_id=session_id)


def keeps_to_its_document(
    document: Schema, base: str, world: World, *, examples: int, skip: frozenset[str] = frozenset()
) -> None:
    """Call every operation of `document` but those of `skip` ("POST /path"), with what fits it and what does not."""
    api = schemathesis.openapi.from_dict(json.loads(json.dumps(document)), config=SchemathesisConfig())
    bounded = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    with requests.Session() as session:
        for operation in sorted(map(_sound, api.get_all_operations()), key=_harm):
            if f"{operation.method.upper()} {operation.path}" not in skip:
                bounded(_try(operation, partial(_call, document, base, world, session)))()


def _sound(found: Any) -> Any:
    assert isinstance(found, Ok), found
    return found.ok()


def _harm(operation: Any) -> tuple[int, int]:
    """Reads go first, and what deletes a thing after what deletes a part of it, so that there is something to find."""
    return _ORDER.index(operation.method), -operation.path.count("/")


def _try(operation: Any, call: Callable[[Any, str, bool], None]) -> Callable[[], None]:
    @given(
        case=st.one_of(*map(operation.as_strategy, GenerationMode)),
        role=st.sampled_from(ROLES),
        use_known=st.booleans(),
    )
    def answers(case: Any, role: str, use_known: bool) -> None:
        call(case, role, use_known)

    return answers


def _call(
    document: Schema, base: str, world: World, session: requests.Session, case: Any, role: str, use_known: bool
) -> None:
    if use_known:
        case.path_parameters.update({k: v for k, v in world.known.items() if k in case.path_parameters})
    answer = case.call(base_url=base, headers=dict(world.headers(role)), session=session, timeout=20)

    _check(document, case.operation.definition.raw["responses"], case, answer)


def _check(document: Schema, documented: Mapping[str, Any], case: Any, answer: Any) -> None:
    what = f"{case.method} {case.formatted_path} {case.query} {case.body!r}"
    if answer.status_code >= 400:
        check_problem(document, what, answer.status_code, _lower(answer.headers), answer.content)
        return
    assert str(answer.status_code) in documented, f"{what}: {answer.status_code} is not documented"
    case.validate_response(answer, checks=_CHECKS)


def _lower(headers: Mapping[str, list[str]]) -> dict[str, str]:
    return {name.lower(): values[0] for name, values in headers.items()}
