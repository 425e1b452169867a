"""The routing table against the contracts of the services, and how paths find their route."""

import pytest

from services.gateway.contract_files import HERE, contract_files, openapi_of
from services.gateway.matching import RouteTable
from services.gateway.own_operations import OWN_OPERATIONS
from services.gateway.routing import API, ROUTES, Route
from services.gateway.settings import SERVICES
from shared.contract import written_contract
from shared.problems import Problem


def scope(method: str, path: str) -> dict[str, object]:
    return {"method": method, "path": API + path, "raw_path": (API + path).encode()}


def find(method: str, path: str) -> tuple[Route, tuple[str, ...]]:
    return RouteTable().find(scope(method, path))


def operations(document: dict[str, dict[str, dict[str, object]]]) -> set[tuple[str, str]]:
    """(method, path with the names of its parameters left out)."""
    return {(method.upper(), _bare(path)) for path, told in document["paths"].items() for method in told}


def _bare(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


@pytest.mark.parametrize("service", [*SERVICES, "gateway"])
def test_the_table_is_what_the_services_promise(service: str) -> None:
    document = OWN_OPERATIONS if service == "gateway" else openapi_of(service)
    promised = operations(document) if document else set()
    routed = {(route.method, _bare(API + route.path)) for route in ROUTES if route.service == service}
    assert routed == promised


def test_the_committed_contract_is_what_the_services_contracts_come_to() -> None:
    assert written_contract(HERE / "contract") == contract_files(), "run python -m services.gateway contract"


def test_open_routes_and_sessions_that_end_are_these() -> None:
    assert {route.path for route in ROUTES if route.open} == {
        "/auth/register",
        "/auth/login",
        "/auth/refresh",
        "/auth/password/forgot",
        "/auth/password/reset",
        "/auth/email/verify",
        "/.well-known/jwks.json",
        "/files/{file_id}/content",
        "/files/{file_id}/thumbnail",
        "/avatars/{user_id}",
    }
    assert {(route.method, route.path) for route in ROUTES if route.ends_sessions} == {
        ("POST", "/auth/logout"),
        ("POST", "/auth/logout-all"),
        ("DELETE", "/auth/sessions/{session_id}"),
        ("PUT", "/auth/password"),
        ("POST", "/auth/password/reset"),
        ("DELETE", "/auth/tokens/{token_id}"),
        ("DELETE", "/users/me"),
        ("PUT", "/users/{user_id}/role"),
        ("POST", "/users/{user_id}/ban"),
    }
    assert [route.path for route in ROUTES if route.refusal_ends_sessions] == ["/auth/refresh"]


def test_a_fixed_segment_goes_before_a_variable_one() -> None:
    assert find("GET", "/users/me")[0].path == "/users/me"
    route, params = find("GET", "/rooms/r1/members")
    assert (route.service, params) == ("rooms", ("r1",))
    route, params = find("DELETE", "/rooms/r1/invites/👍")
    assert (route.service, params) == ("rooms", ("r1", "👍"))
    table = RouteTable([Route("rooms", "GET", "/rooms/{room_id}/x"), Route("messaging", "GET", "/rooms/unread")])
    assert table.find(scope("GET", "/rooms/unread"))[0].service == "messaging"
    assert table.find(scope("GET", "/rooms/unread/x"))[1] == ("unread",), "back from the fixed one where it ends"


@pytest.mark.parametrize(
    "path", ["", "/", "/users/", "/users//presence", "/rooms/./members", "/rooms/%2e%2e%2fx", "/x"]
)
def test_what_looks_like_a_path_and_is_none(path: str) -> None:
    with pytest.raises(Problem) as refused:
        find("GET", path)
    assert refused.value.status == 404


def test_two_routes_for_one_call_are_a_mistake() -> None:
    one, other = Route("auth", "GET", "/users/{user_id}"), Route("rooms", "GET", "/users/{id}")
    with pytest.raises(ValueError, match="two routes"):
        RouteTable([one, other])
