"""The running service with its neighbours, for tests that come in by its doors."""

from dataclasses import dataclass
from typing import Any

import httpx

from services.moderation.tests.neighbours import Neighbours
from shared.caller import Caller
from shared.testing.plugin import caller_header


@dataclass(slots=True)
class House:
    """Calls the API as somebody."""

    client: httpx.AsyncClient
    near: Neighbours

    def person(self, role: str = "user") -> Caller:
        """Somebody whom auth knows."""
        return self.near.auth.register(role)

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
        sent = {**caller_header("moderation", who.user_id, role=who.role), **(headers or {})}
        body = {} if json is None else {"json": json}
        return await self.client.request(method, f"/api/v1{path}", headers=sent, params=query, **body)

    async def done(self, who: Caller, method: str, path: str, json: Any = None, **query: Any) -> Any:
        """The body of an answer that has to be a success."""
        answer = await self.call(who, method, path, json, **query)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def room(self, owner: Caller, *members: Caller, moderators: tuple[Caller, ...] = (), **said: Any) -> str:
        """A new room of which rooms has told us; its id."""
        return await self.near.rooms.make(owner, *members, moderators=moderators, **said)

    async def judged(self, room_id: str, author: Caller, text: str, kind: str = "message") -> dict[str, Any]:
        """What the review says of a text."""
        asked = {"room_id": room_id, "author_id": author.user_id, "kind": kind, "text": text}
        answer = await self.near.messaging.bus.request("rpc.moderation.review", {"texts": [asked]})
        verdict: dict[str, Any] = answer["verdicts"][0]
        return verdict


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem, which has the form that problems have."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert problem.keys() >= {"type", "title", "status", "code", "detail", "request_id"}
    assert problem["status"] == answer.status_code
    assert problem["request_id"] == answer.headers["x-request-id"]
    return answer.status_code, problem["code"]
