"""Somebody who uses Parley: an HTTP client and sockets that are not ours (httpx, websockets)."""

import asyncio
import itertools
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PASSWORD = "a long and unusual passphrase"
PATIENCE = 10.0
Frame = dict[str, Any]


class Sockets:
    """One open socket: frames that were read and not asked for yet wait in order."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.seen: list[Frame] = []

    async def send(self, **frame: Any) -> None:
        """Send one frame."""
        await self.connection.send(json.dumps(frame))

    async def next(self) -> Frame:
        """The next frame, of whatever type."""
        async with asyncio.timeout(PATIENCE):
            frame: Frame = json.loads(await self.connection.recv())
        self.seen.append(frame)
        return frame

    async def until(self, type_: str, where: Callable[[Frame], bool] = lambda _: True) -> Frame:
        """The next frame of this type that fits; what comes before it is kept in `seen`."""
        while True:
            frame = await self.next()
            if frame["type"] == type_ and where(frame):
                return frame

    async def closed(self) -> tuple[int, str]:
        """Read until the server closes; its code and reason."""
        try:
            while True:
                await self.next()
        except ConnectionClosed as end:
            received = end.rcvd
            return (received.code, received.reason) if received else (1006, "")

    def numbers(self, room_id: str) -> list[int]:
        """The numbers of the room's entries in the order in which they came."""
        return [frame["seq"] for frame in self.seen if frame.get("room_id") == room_id and is_entry(frame)]


def is_entry(frame: Frame) -> bool:
    """Whether the frame is a numbered entry of a room, and not about one."""
    return "seq" in frame and frame["type"] not in ("ready", "ack", "caught_up", "resync", "read")


def api(base: str, token: str | None = None) -> httpx.AsyncClient:
    """An HTTP client for the API, with this token."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=f"{base}/api/v1", headers=headers, timeout=15, verify=False)


class Person:
    """An account with a session."""

    def __init__(self, base: str, username: str, tokens: Frame, me: Frame) -> None:
        self.base = base
        self.username = username
        self.id: str = me["id"]
        self.tokens = tokens
        self._client_ids = (f"{username}-{number}" for number in itertools.count())

    @property
    def token(self) -> str:
        """The access token."""
        return str(self.tokens["access_token"])

    def new_client_id(self) -> str:
        """A client_id that this person has not used."""
        return next(self._client_ids)

    async def call(
        self, method: str, path: str, expect: int | tuple[int, ...] = (200, 201, 204), **options: Any
    ) -> Any:
        """A call that must end with one of the expected statuses; its JSON."""
        async with api(self.base, self.token) as http:
            answer = await http.request(method, path, **options)
        expected = (expect,) if isinstance(expect, int) else expect
        assert answer.status_code in expected, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def create_room(self, **fields: Any) -> Frame:
        """A new room of this person's."""
        room: Frame = await self.call("POST", "/rooms", 201, json={"name": f"room {secrets.token_hex(4)}", **fields})
        return room

    async def join(self, room: Frame) -> None:
        """Become a member."""
        await self.call("POST", f"/rooms/{room['id']}/join", json={})

    async def history(self, room_id: str) -> list[Frame]:
        """Everything said in the room, oldest first."""
        items: list[Frame] = []
        after = 0
        while True:
            page = await self.call("GET", f"/rooms/{room_id}/messages", params={"after": after, "limit": 100})
            items += page["items"]
            if not page["has_more"]:
                return items
            after = page["items"][-1]["seq"]

    @asynccontextmanager
    async def socket(self, path: str, **query: Any) -> AsyncIterator[Sockets]:
        """A socket, with the token where browsers can hide it."""
        url = f"{self.base.replace('http', 'ws', 1)}{path}"
        if query:
            url += "?" + "&".join(f"{name}={value}" for name, value in query.items())
        subprotocols: list[Any] = ["bearer", self.token]
        async with connect(url, subprotocols=subprotocols, max_size=None, compression=None) as connection:
            yield Sockets(connection)


async def register(base: str, prefix: str = "user") -> Person:
    """A new person, logged in."""
    username = f"{prefix}_{secrets.token_hex(5)}"
    async with api(base) as http:
        account = {"username": username, "email": f"{username}@example.org", "password": PASSWORD}
        registered = await http.post("/auth/register", json=account)
        assert registered.status_code == 201, registered.text
        return await login(base, username)


async def login(base: str, username: str, password: str = PASSWORD) -> Person:
    """A new session of somebody who has an account."""
    async with api(base) as http:
        answer = await http.post("/auth/login", json={"username": username, "password": password})
        assert answer.status_code == 200, answer.text
        tokens = answer.json()
        me = await http.get("/users/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})
        assert me.status_code == 200, me.text
    return Person(base, username, tokens, me.json())
