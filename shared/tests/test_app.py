"""What every service has by being made with `create_app`."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import APIRouter

from shared.app import Part, create_app
from shared.caller import HEADER, Anonymous, CallerSigner
from shared.problems import Unavailable
from shared.tasks import ended
from shared.testing.plugin import running
from shared.tests import toy
from shared.web.json_body import StrictRoute

Logged = Callable[[], list[dict[str, Any]]]
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def test_it_lives_and_is_ready(client: httpx.AsyncClient) -> None:
    alive, ready = await client.get("/healthz"), await client.get("/readyz")
    assert alive.json() == {"service": "toy", "version": "1.2.3", "alive": True}
    assert ready.json() == {"service": "toy", "version": "1.2.3", "instance": "", "ready": True, "checks": {}}


async def test_readiness_names_what_is_away_but_not_where_it_is() -> None:
    async def fine() -> None: ...

    async def refused() -> None:
        raise ConnectionRefusedError("10.1.2.3:5432")

    async def away() -> None:
        raise Unavailable("The broker is not connected.")

    async def stuck() -> None:
        await asyncio.sleep(60)

    settings = toy.settings.model_copy(update={"instance": "child-7"})
    ready = {"a": fine, "b": refused, "c": away, "d": stuck}
    app = create_app(service="toy", version="1", settings=settings, routers=[], parts=[], ready=ready)
    async with running(app) as client:
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["code"], answer.json()["detail"]) == ("not_ready", "Not there: b, c, d.")
    assert answer.json()["instance"] == "child-7"
    assert answer.json()["checks"] == {
        "a": "ok",
        "b": "ConnectionRefusedError",
        "c": "The broker is not connected.",
        "d": "TimeoutError",
    }


async def test_parts_are_entered_in_order_and_left_in_reverse() -> None:
    seen: list[str] = []

    def part(name: str) -> Part:
        @asynccontextmanager
        async def entered() -> AsyncIterator[None]:
            seen.append(f"+{name}")
            yield
            seen.append(f"-{name}")

        return entered

    parts = [part("first"), part("second")]
    app = create_app(service="toy", version="1", settings=toy.settings, routers=[], parts=parts)
    async with running(app):
        assert seen == ["+first", "+second"]
    assert seen == ["+first", "+second", "-second", "-first"]


def test_a_router_with_lax_json_is_refused() -> None:
    lax, outer = APIRouter(), APIRouter(route_class=StrictRoute)

    @lax.post("/lax")
    async def take_anything(body: dict[str, int]) -> None: ...

    outer.include_router(lax)
    for router in (lax, outer):
        with pytest.raises(TypeError, match=r"/lax of toy .*StrictRoute"):
            create_app(service="toy", version="1", settings=toy.settings, routers=[router], parts=[])


@pytest.mark.parametrize(
    "path", ["/", "/api/v1/things", "/healthz/", "/docs", "/openapi.json", "/Healthz", "/%68ealthz/x"]
)
async def test_nothing_answers_without_the_gateways_word(path: str) -> None:
    async with running(toy.app) as client:
        answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_two_words_of_the_gateway_are_none() -> None:
    (token,) = toy.caller_headers().values()
    async with running(toy.app) as client:
        answer = await client.get("/api/v1/things", headers=[(HEADER, token), (HEADER, token)])
    assert answer.status_code == 401


async def test_someone_must_be_logged_in_where_a_route_says_so() -> None:
    headers = {HEADER: CallerSigner({"toy": toy.SECRET}).sign("toy", Anonymous("192.0.2.1"))}
    async with running(toy.app) as client:
        assert (await client.get("/api/v1/things", headers=headers)).status_code == 200
        assert (await client.post("/api/v1/things", json={"name": "a"}, headers=headers)).status_code == 401


async def test_the_callers_request_id_is_kept_when_it_is_sane(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/request-id", headers={"X-Request-ID": "a.B-9_"})
    assert answer.headers["x-request-id"] == answer.json() == "a.B-9_"


@pytest.mark.parametrize("offered", ["", " ", "a b", "a" * 65, 'a"b', "a;b", "é", "a\tb", "../x", "{}"])
async def test_another_request_id_is_replaced(client: httpx.AsyncClient, offered: str) -> None:
    answer = await client.get("/api/v1/request-id", headers=[(b"X-Request-ID", offered.encode())])
    assert UUID.fullmatch(answer.headers["x-request-id"])
    assert answer.json() == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/api/v1/things/", 404, "not_found"),
        ("DELETE", "/api/v1/things", 405, "method_not_allowed"),
        ("TRACE", "/api/v1/things", 405, "method_not_allowed"),
        ("GET", "/api/v1/taken", 409, "name_taken"),
        ("GET", "/api/v1/busy", 429, "rate_limited"),
        ("GET", "/api/v1/broken", 500, "internal_error"),
        ("GET", "/api/v1/things/not-an-id", 422, "invalid"),
        ("GET", "/api/v1/things/00000000-0000-7000-8000-00000000000A", 422, "invalid"),
        ("GET", "/api/v1/things?limit=0", 422, "invalid"),
        ("GET", "/api/v1/things?limit=101", 422, "invalid"),
        ("GET", "/api/v1/things?limit=-1", 422, "invalid"),
        ("GET", f"/api/v1/things?limit={2**63}", 422, "invalid"),
        ("GET", f"/api/v1/things?limit={'9' * 5_000}", 422, "invalid"),
        ("GET", f"/api/v1/numbers/{'9' * 5_000}", 422, "invalid"),
        ("GET", "/api/v1/numbers/NaN", 422, "invalid"),
        ("GET", "/api/v1/things?q=%00", 400, "invalid_url"),
        ("GET", "/api/v1/things?q=%ff", 400, "invalid_url"),
        ("GET", "/api/v1/things?q=%ed%a0%80", 400, "invalid_url"),
        ("GET", "/api/v1/%00", 400, "invalid_url"),
        ("GET", "/api/v1/%c0%af", 400, "invalid_url"),
        ("POST", "/api/v1/form", 422, "invalid"),
    ],
)
async def test_every_error_is_a_problem(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body.keys() - {"errors"} == {"type", "title", "status", "code", "detail", "request_id"}
    assert body["status"] == status
    assert body["request_id"] == answer.headers["x-request-id"]
    assert ("errors" in body) == (status == 422)


async def test_a_method_that_is_not_allowed_says_which_are(client: httpx.AsyncClient) -> None:
    assert (await client.delete("/api/v1/taken")).headers["allow"] == "GET"


async def test_a_limited_answer_says_when_to_come_back(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/busy")
    assert (answer.headers["retry-after"], answer.headers["ratelimit-limit"]) == ("7", "60")


async def test_a_method_cannot_be_overridden(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/taken", headers={"X-HTTP-Method-Override": "DELETE"})
    assert answer.status_code == 409


async def test_validation_never_repeats_what_was_sent(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/things", json={"name": {"secret": "hunter2"}, "role" * 100: "hunter2"})
    assert answer.status_code == 422
    assert "hunter2" not in answer.text
    assert [error["loc"][0] for error in answer.json()["errors"]] == ["body", "body"]
    assert max(len(error["loc"][1]) for error in answer.json()["errors"]) == 100


async def test_a_flood_of_wrong_fields_gets_a_short_answer(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/things", json={f"field{number}": 1 for number in range(5_000)})
    assert (answer.status_code, len(answer.json()["errors"])) == (422, 20)


async def test_answers_are_not_cached_sniffed_or_run(client: httpx.AsyncClient) -> None:
    for path in ("/api/v1/things", "/nothing", "/api/v1/broken", "/healthz"):
        headers = (await client.get(path)).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["referrer-policy"] == "no-referrer"
    assert (await client.get("/api/v1/text")).headers["cache-control"] == "public, max-age=60"


async def test_an_unexpected_error_is_logged_once_and_tells_the_client_nothing(
    client: httpx.AsyncClient, logged: Logged
) -> None:
    answer = await client.get("/api/v1/broken?token=abc")
    assert not any(word in answer.text for word in ("hunter2", "RuntimeError", "Traceback", ".py", "private"))
    lines = logged()
    (line,) = [line for line in lines if line["level"] == "error"]
    assert "RuntimeError: password=***" in str(line["exception"])
    assert line["request_id"] == answer.headers["x-request-id"]
    assert not any(word in json.dumps(lines) for word in ("hunter2", "private", "token"))


async def test_an_answer_is_logged_without_its_query(client: httpx.AsyncClient, logged: Logged) -> None:
    await client.get("/api/v1/things?q=canary")
    (line,) = logged()
    assert line.items() >= {"event": "answered", "path": "/api/v1/things", "status": 200}.items()
    assert line["user"] == toy.CALLER.user_id
    assert "canary" not in json.dumps(line)


async def test_metrics_have_routes_not_paths(client: httpx.AsyncClient) -> None:
    await client.get(f"/api/v1/things/{toy.THINGS[0]}")
    await client.get("/no-such-canary")
    text = (await client.get("/metrics")).text
    assert 'parley_http_request_seconds_count{method="GET",route="/api/v1/things/{thing_id}",status="200"}' in text
    assert "no-such-canary" not in text


async def test_metrics_count_the_tasks_that_have_not_ended(client: httpx.AsyncClient) -> None:
    before = await _tasks(client)
    more = [asyncio.create_task(asyncio.sleep(60)) for _ in range(7)]
    assert await _tasks(client) == before + 7
    await asyncio.gather(*map(ended, more))
    assert await _tasks(client) == before


async def _tasks(client: httpx.AsyncClient) -> int:
    [line] = re.findall(r"^parley_tasks (.*)$", (await client.get("/metrics")).text, re.MULTILINE)
    return int(float(line))
