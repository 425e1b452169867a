"""The service running, and people who use it as they would through the gateway."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any, cast

import httpx
import jwt
import orjson
from fastapi import FastAPI
from sqlalchemy import select

from services.auth.actions.create_user import create_user
from services.auth.models import metadata
from services.auth.schemas import Registration
from services.auth.store import users
from services.auth.wiring import Wiring
from shared.bus import Bus
from shared.database import Database, ReadSession
from shared.testing.plugin import anonymous_header, caller_header

PASSWORD = "a fine password for tests"
_numbers = count(1)


@dataclass
class Person:
    """Somebody with an account, and the tokens of one session."""

    world: "World"
    me: dict[str, Any]
    tokens: dict[str, Any]
    claims: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.claims = jwt.decode(self.tokens["access_token"], options={"verify_signature": False})

    @property
    def id(self) -> str:
        return str(self.me["id"])

    @property
    def session_id(self) -> str:
        return str(self.claims["sid"])

    @property
    def refresh_token(self) -> str:
        return str(self.tokens["refresh_token"])

    def headers(self) -> dict[str, str]:
        """How the gateway vouches for the person."""
        return caller_header("auth", self.id, role=self.claims["role"], session_id=self.session_id)

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A request as the gateway would pass it on."""
        return await self.world.client.request(method, f"/api/v1{path}", headers=self.headers(), **options)

    async def again(self) -> "Person":
        """The same person, logged in once more."""
        return await self.world.login(self.me["username"])


class World:
    """The running service."""

    def __init__(self, app: FastAPI, client: httpx.AsyncClient, bus: Bus) -> None:
        self.app = app
        self.client = client
        self.bus = bus

    @property
    def wiring(self) -> Wiring:
        return cast(Wiring, self.app.state.wiring)

    @property
    def db(self) -> Database:
        return self.wiring.db

    async def open_call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A request of somebody who is not logged in."""
        headers = anonymous_header("auth") | options.pop("headers", {})
        return await self.client.request(method, f"/api/v1{path}", headers=headers, **options)

    async def register(self, username: str | None = None, **fields: Any) -> httpx.Response:
        username = f"person{next(_numbers)}" if username is None else username
        account = {"username": username, "email": f"{username}@example.org", "password": PASSWORD, **fields}
        return await self.open_call("POST", "/auth/register", json=account)

    async def sent_login(self, username: str, password: str = PASSWORD, **options: Any) -> httpx.Response:
        account = {"username": username, "password": password}
        return await self.open_call("POST", "/auth/login", json=account, **options)

    async def login(self, username: str, password: str = PASSWORD) -> Person:
        answer = await self.sent_login(username, password)
        assert answer.status_code == 200, answer.text
        claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
        headers = caller_header("auth", claims["sub"], role=claims["role"], session_id=claims["sid"])
        me = await self.client.get("/api/v1/users/me", headers=headers)
        assert me.status_code == 200, me.text
        return Person(self, me.json(), answer.json())

    async def person(self, username: str | None = None, role: str = "user", **fields: Any) -> Person:
        """Somebody new, logged in."""
        answer = await self.register(username, **fields)
        assert answer.status_code == 201, answer.text
        if role != "user":
            await self.db.write(_set_role, answer.json()["id"], role)
        return await self.login(answer.json()["username"])

    async def admin(self, username: str = "root") -> Person:
        """An admin, made as the operator's command makes one."""
        draft = Registration(username=username, email=f"{username}@example.org", password=PASSWORD)
        await self.db.write(create_user, draft, await self.wiring.passwords.hash(PASSWORD), "admin")
        return await self.login(username)

    async def refresh(self, token: str) -> httpx.Response:
        return await self.open_call("POST", "/auth/refresh", json={"refresh_token": token})

    async def password_hash(self, username: str) -> str:
        """As it is stored."""
        user = await self.db.read(users.find_by_login, username)
        assert user is not None
        return user.password_hash

    async def told(self) -> list[tuple[str, dict[str, Any]]]:
        """Type and data of every event so far, as stored for the relay."""
        return [(envelope["type"], envelope["data"]) for envelope in await self.db.read(_envelopes)]

    async def told_of(self, *types: str) -> list[dict[str, Any]]:
        """The data of the events of these types."""
        return [data for type, data in await self.told() if type in types]


def _envelopes(tx: ReadSession) -> list[dict[str, Any]]:
    outbox = metadata.tables["outbox"]
    return [orjson.loads(text) for text in tx.execute(select(outbox.c.envelope).order_by(outbox.c.id)).scalars()]


def _set_role(tx: Any, user_id: str, role: str) -> None:
    # Behind the service's back: nobody is told.
    users.change(tx, user_id, {"role": role})


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]
