"""The running service with its neighbours, for tests that come in by its doors."""

from dataclasses import dataclass
from typing import Any

import httpx

from services.rooms.tests.neighbours import Neighbours
from shared.caller import Caller
from shared.testing.plugin import caller_header


@dataclass(slots=True)
class House:
    """Calls the API as somebody."""

    client: httpx.AsyncClient
    near: Neighbours

    def person(self, name: str = "ada", role: str = "user") -> Caller:
        """Somebody whom auth knows."""
        return self.near.auth.register(name, role)

    async def call(
        self,
        who: Caller,
        method: str,
        path: str,
        json: Any = None,
        *,
        headers: dict[str, str] | None = None,
        **query: Any,
    ) -> httpx.Response:
        """What the service answers."""
        sent = {**caller_header("rooms", who.user_id, role=who.role), **(headers or {})}
        body = {} if json is None else {"json": json}
        return await self.client.request(method, f"/api/v1{path}", headers=sent, params=query, **body)

    async def done(self, who: Caller, method: str, path: str, json: Any = None, **query: Any) -> Any:
        """The body of an answer that has to be a success."""
        answer = await self.call(who, method, path, json, **query)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def room(self, owner: Caller, **settings: Any) -> dict[str, Any]:
        """A new room."""
        room: dict[str, Any] = await self.done(owner, "POST", "/rooms", {"name": "Room", **settings})
        return room


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem, which has the form that problems have."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert problem.keys() >= {"type", "title", "status", "code", "detail", "request_id"}
    assert problem["status"] == answer.status_code
    assert problem["request_id"] == answer.headers["x-request-id"]
    return answer.status_code, problem["code"]
