"""A whole product of these tests' own: they send it so much that others could not go on using it."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import httpx
import pytest

from shared.testing.contract.fuzz import World
from shared.testing.failures import unforeseen
from tests.system.parley import Parley
from tests.system.person import PASSWORD, Person, register


@pytest.fixture(scope="session")
def parley(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parley]:
    """Without limits, so that every call comes through; its log must end without a traceback."""
    off = ("REGISTER", "LOGIN", "HTTP", "MESSAGES", "FRAMES", "UPLOADS")
    running = Parley(tmp_path_factory.mktemp("parley"), {f"PARLEY_LIMIT_{name}": "off" for name in off})
    running.start()
    try:
        yield running
    finally:
        status = running.stop()
    assert status == 0, running.log()[-4000:]
    assert not unforeseen(running.log()), unforeseen(running.log())


@pytest.fixture
async def anna(base: str) -> Person:
    """Somebody new."""
    return await register(base, "anna")


@pytest.fixture
async def known(base: str, anna: Person) -> dict[str, str]:
    """What is there to be asked for by id: a room of anna's with another person in it, a message and a file."""
    ben = await register(base, "ben")
    room = await anna.create_room()
    await ben.join(room)
    path = f"/rooms/{room['id']}"
    message = await anna.call("POST", f"{path}/messages", 201, json={"content": "hello"})
    file = await anna.call("POST", f"{path}/files", 201, files={"file": ("a.txt", b"tea")})
    invite = await anna.call("POST", f"{path}/invites", 201, json={"max_uses": 5})
    found = {"room_id": room["id"], "user_id": ben.id, "message_id": message["id"], "file_id": file["id"]}
    return {**found, "code": invite["code"]}


@pytest.fixture
async def world(parley: Parley, base: str, anna: Person, known: dict[str, str]) -> AsyncIterator[World]:
    """Anna, the first admin and nobody, to call every operation."""
    secrets = json.loads((parley.var / "secrets.json").read_text())
    admin = (secrets["admin_username"], secrets["admin_password"])
    callers = Callers(base, {"user": (anna.username, PASSWORD), "admin": admin})
    yield World(callers.headers, known)
    callers.client.close()


class Callers:
    """One session for each role; a new one whenever a call has ended it."""

    def __init__(self, base: str, accounts: Mapping[str, tuple[str, str]]) -> None:
        self.client = httpx.Client(base_url=f"{base}/api/v1", timeout=20)
        self._accounts = accounts
        self._tokens: dict[str, str] = {}

    def headers(self, role: str) -> dict[str, str]:
        """The header of a session that stands."""
        if role == "nobody":
            return {}
        if role not in self._tokens or self._asked(role).status_code == 401:
            username, password = self._accounts[role]
            answer = self.client.post("/auth/login", json={"username": username, "password": password})
            assert answer.status_code == 200, answer.text
            self._tokens[role] = answer.json()["access_token"]
        return self._bearer(role)

    def _asked(self, role: str) -> httpx.Response:
        return self.client.get("/users/me", headers=self._bearer(role))

    def _bearer(self, role: str) -> dict[str, Any]:
        return {"Authorization": f"Bearer {self._tokens[role]}"}
