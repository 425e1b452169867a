"""What stands around the calls: origins, pages, operator paths, addresses, settings."""

from ipaddress import ip_address
from typing import Any

import pytest
from pydantic import ValidationError

from services.gateway.address import ClientAddress, limiter_key
from services.gateway.origins import Origins
from services.gateway.settings import SERVICES, Settings
from services.gateway.tests.conftest import Start, World
from services.gateway.tests.world import SECRETS
from shared.testing.processes import free_port

APP = "https://chat.example.org"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
FOREIGN = [
    "null",
    "https://chat.example.org.evil",
    "http://chat.example.org",
    "https://chat.example.org:444",
    "https://evil",
]


async def test_pages_on_the_list_may_call_and_read(start: Start) -> None:
    async with start(parley_allowed_origins=f"{APP}, http://127.0.0.1:3000") as world:
        preflight = await world.client.options("/api/v1/rooms", headers={"Origin": APP} | PREFLIGHT)
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == APP
        assert "Authorization" in preflight.headers["access-control-allow-headers"]
        assert "access-control-allow-credentials" not in preflight.headers
        for path in ("/api/v1/rooms", "/api/v1/nothing"):
            answer = await world.client.get(path, headers={"Origin": APP})
            assert answer.headers["access-control-allow-origin"] == APP
            assert answer.headers["vary"] == "Origin"
            assert "X-Request-ID" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize("origin", FOREIGN)
async def test_other_pages_may_not(start: Start, origin: str) -> None:
    async with start(parley_allowed_origins=APP) as world:
        preflight = await world.client.options("/api/v1/rooms", headers={"Origin": origin} | PREFLIGHT)
        assert (preflight.status_code, preflight.json()["code"]) == (403, "origin_not_allowed")
        answer = await world.client.get("/api/v1/rooms", headers={"Origin": origin} | world.bearer())
        for headers in (preflight.headers, answer.headers):
            assert "access-control-allow-origin" not in headers


def test_a_page_of_our_own_is_no_stranger() -> None:
    origins = Origins([APP])
    assert origins.allows_or_same("http://localhost:8000", "ws", "localhost:8000")
    assert origins.allows_or_same("https://parley.example", "wss", "parley.example")
    assert origins.allows_or_same(APP, "ws", "elsewhere")
    assert not origins.allows_or_same("http://parley.example", "wss", "parley.example")
    assert not origins.allows_or_same("http://evil", "ws", "parley.example")


async def test_the_pages_are_there_with_a_strict_policy(world: World) -> None:
    for path, kind in (
        ("/", "text/html"),
        ("/web/client.js", "text/javascript"),
        ("/web/look.css", "text/css"),
        ("/docs", "text/html"),
        ("/web/docs.js", "text/javascript"),
        ("/openapi.json", "application/json"),
        ("/asyncapi.json", "application/json"),
    ):
        answer = await world.client.get(path)
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, kind)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "server" not in answer.headers
    openapi = (await world.client.get("/openapi.json")).json()
    assert openapi["openapi"] == "3.1.0"


async def test_operator_paths_answer(world: World) -> None:
    assert (await world.client.get("/healthz")).json()["service"] == "gateway"
    ready = (await world.client.get("/readyz")).json()
    assert ready["checks"] == {"nats": "ok", "sessions": "ok"}
    assert ready["services"] == dict.fromkeys(SERVICES, "ok")
    await world.client.get("/api/v1/rooms", headers=world.bearer())
    metrics = (await world.client.get("/metrics")).text
    assert 'route="/rooms"' in metrics
    answer = await world.client.get("/nothing")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_a_service_that_is_away_is_named(start: Start) -> None:
    async with start(files_url=f"http://127.0.0.1:{free_port()}") as world:
        answer = await world.client.get("/readyz")
        assert answer.status_code == 200, "calls to the others work"
        assert answer.json()["services"] == {
            **dict.fromkeys(SERVICES, "ok"),
            "files": "The files service cannot be reached.",
        }


async def test_in_production_documents_and_metrics_are_not_public(start: Start) -> None:
    port = free_port()
    async with start(parley_docs=False, parley_metrics_port=port) as world:
        for path in ("/docs", "/openapi.json", "/asyncapi.json", "/metrics"):
            assert (await world.client.get(path)).status_code == 404
        assert (await world.client.get(f"http://127.0.0.1:{port}/metrics")).status_code == 200
        assert (await world.client.get("/")).status_code == 200


def scope(peer: str, *forwarded: str, proto: str = "") -> dict[str, Any]:
    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    headers += [(b"x-forwarded-proto", proto.encode())] if proto else []
    return {"client": (peer, 1), "headers": headers, "scheme": "http"}


def test_the_address_is_the_peers_unless_a_trusted_proxy_says_more() -> None:
    addresses = ClientAddress(["10.0.0.0/8", "::1"])
    assert str(addresses.of(scope("203.0.113.5", "1.1.1.1"))) == "203.0.113.5"
    assert str(addresses.of(scope("10.1.1.1", "1.1.1.1"))) == "1.1.1.1"
    assert str(addresses.of(scope("10.1.1.1", "6.6.6.6, 1.1.1.1"))) == "1.1.1.1", "the nearest that is not ours"
    assert str(addresses.of(scope("10.1.1.1", "6.6.6.6, 1.1.1.1, 10.2.2.2"))) == "1.1.1.1"
    assert str(addresses.of(scope("10.1.1.1", "6.6.6.6", "1.1.1.1"))) == "1.1.1.1", "two headers are one list"
    assert str(addresses.of(scope("10.1.1.1", "nonsense"))) == "10.1.1.1"
    assert str(addresses.of(scope("10.1.1.1", ""))) == "10.1.1.1"
    assert str(addresses.of(scope("::ffff:10.1.1.1", "2001:db8::1"))) == "2001:db8::1"
    assert str(addresses.of({"client": None, "headers": []})) == "0.0.0.0"


def test_tls_that_a_trusted_proxy_took_off_counts() -> None:
    addresses = ClientAddress(["10.0.0.0/8"])
    assert addresses.scheme_of(scope("10.1.1.1", proto="https")) == "https"
    assert addresses.scheme_of(scope("10.1.1.1", proto="https") | {"scheme": "ws"}) == "wss"
    assert addresses.scheme_of(scope("203.0.113.5", proto="https")) == "http"


def test_one_customer_of_ipv6_is_one_client() -> None:
    keys = {limiter_key(ip_address(f"2001:db8:1:2::{last:x}")) for last in range(1, 50)}
    assert keys == {"2001:db8:1:2::/64"}
    assert limiter_key(ip_address("2001:db8:1:3::1")) not in keys
    assert limiter_key(ip_address("192.0.2.1")) == "192.0.2.1"


def made(**more: str) -> Settings:
    return Settings.model_validate({f"{service}_caller_secret": secret for service, secret in SECRETS.items()} | more)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("parley_limit_http", "many"),
        ("parley_allowed_origins", "*"),
        ("parley_allowed_origins", "https://*.example.org"),
        ("parley_allowed_origins", "chat.example.org"),
        ("parley_trusted_proxies", "everybody"),
        ("auth_caller_secret", "short"),
        ("rooms_url", "not a url"),
    ],
)
def test_a_setting_that_makes_no_sense_stops_the_start(name: str, value: str) -> None:
    with pytest.raises(ValidationError):
        made(**{name: value})


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for service, secret in SECRETS.items():
        monkeypatch.setenv(f"{service.upper()}_CALLER_SECRET", secret)
    monkeypatch.setenv("PARLEY_ALLOWED_ORIGINS", " https://A.example , http://b:3000/")
    monkeypatch.setenv("PARLEY_TRUSTED_PROXIES", "10.0.0.0/8,::1")
    monkeypatch.setenv("PARLEY_LIMIT_MESSAGES", "off")
    settings = Settings()
    assert settings.parley_allowed_origins == ("https://a.example", "http://b:3000")
    assert settings.parley_trusted_proxies == ("10.0.0.0/8", "::1")
    assert settings.limits()["messages"] == "off"
    assert SECRETS["auth"] not in repr(settings)
