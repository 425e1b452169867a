"""Strict JSON: nothing hostile gets past the parser, nothing honest is refused."""

import time
from typing import Any

import httpx
import pytest

from shared.problems import Problem
from shared.testing.hostile_json import HOSTILE_JSON, MALFORMED, MISSHAPEN
from shared.testing.plugin import running
from shared.tests import toy
from shared.web.json_body import parse_json

HONEST: list[tuple[bytes, Any]] = [
    (b"{}", {}),
    (b' {"a" : [1, -2.5, true, null]}\r\n', {"a": [1, -2.5, True, None]}),
    (rb'{"a": "\\u0000"}', {"a": "\\u0000"}),
    (rb'"\ud83d\ude00"', "\U0001f600"),
    ('{"a": "Zoë \U0001f600"}'.encode(), {"a": "Zoë \U0001f600"}),
    (b"[9223372036854775807, -9223372036854775808]", [2**63 - 1, -(2**63)]),
    (b"1e308", 1e308),
    (b"[" * 64 + b"]" * 64, None),
    (b"[" + b"[]," * 1_000 + b"[]]", [[]] * 1_001),
    (b'[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
]


@pytest.mark.parametrize(("name", "body"), MALFORMED, ids=[name for name, _ in MALFORMED])
def test_a_malformed_body_is_refused_and_quickly(name: str, body: bytes) -> None:
    started = time.process_time()
    with pytest.raises(Problem) as caught:
        parse_json(body)
    assert (caught.value.status, caught.value.code) == (400, "invalid_json"), name
    assert time.process_time() - started < 0.1


@pytest.mark.parametrize(("body", "value"), HONEST)
def test_an_honest_body_is_taken(body: bytes, value: Any) -> None:
    parsed = parse_json(body)
    assert value is None or parsed == value


async def test_no_hostile_body_gets_more_than_400_or_422_from_a_route() -> None:
    headers = toy.caller_headers() | {"Content-Type": "application/json"}
    async with running(toy.app) as client:
        for name, body in HOSTILE_JSON:
            answer = await client.post("/api/v1/things", content=body, headers=headers)
            assert answer.status_code == (400 if (name, body) in MALFORMED else 422), (name, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"


def test_the_corpus_is_large_enough() -> None:
    assert len(MALFORMED) >= 60
    assert len({name for name, _ in HOSTILE_JSON}) == len(HOSTILE_JSON) == len(MALFORMED) + len(MISSHAPEN)


@pytest.mark.parametrize(
    "media_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""]
)
async def test_another_media_type_is_415(media_type: str | None) -> None:
    headers = toy.caller_headers() | ({} if media_type is None else {"Content-Type": media_type})
    async with running(toy.app) as client:
        answer = await client.post("/api/v1/things", content=b'{"name": "a"}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("media_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
async def test_json_by_any_spelling_is_taken(media_type: str) -> None:
    async with running(toy.app) as client:
        headers = toy.caller_headers() | {"Content-Type": media_type}
        answer = await client.post("/api/v1/things", content=b'{"name": "a"}', headers=headers)
    assert answer.status_code == 201


async def test_no_body_is_422() -> None:
    async with running(toy.app) as client:
        answer = await client.post("/api/v1/things", headers=toy.caller_headers())
    assert answer.status_code == 422


async def test_a_form_route_still_takes_forms(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/form", data={"name": "a"})
    assert answer.json() == "a"
