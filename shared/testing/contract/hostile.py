"""The corpus of hostile JSON, sent to every operation that takes JSON."""

from collections.abc import Mapping

import httpx

from shared.testing.contract.committed import Schema
from shared.testing.contract.operations import Operation, check_problem, operations
from shared.testing.hostile_json import HOSTILE_JSON

_REFUSED = {400, 413, 422}


async def refuses_hostile_json(
    document: Schema, base: str, headers: Mapping[str, str], known: Mapping[str, str]
) -> int:
    """How many bodies were refused, each with a problem document; AssertionError names the first that was not.

    A body that an operation's schema allows is not sent to it.
    """
    refused = 0
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=20) as client:
        for operation in operations(document):
            for name, body in _bodies_for(operation):
                what = f"{operation} with {name}"
                content_type = {"Content-Type": "application/json"}
                url = operation.url(known)
                answer = await client.request(operation.method, url, content=body, headers=content_type)
                assert answer.status_code in _REFUSED, f"{what}: {answer.status_code} {answer.text}"
                check_problem(document, what, answer.status_code, answer.headers, answer.content)
                refused += 1
    return refused


def _bodies_for(operation: Operation) -> list[tuple[str, bytes]]:
    if operation.json_body is None:
        return []
    bodies = [(name, body) for name, body in HOSTILE_JSON if not operation.may_take(body)]
    assert len(bodies) >= len(HOSTILE_JSON) - 1, f"{operation} takes almost anything"
    return bodies
