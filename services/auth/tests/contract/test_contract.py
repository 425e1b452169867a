from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
import jwt

from services.auth.app import create_app
from services.auth.settings import Settings
from shared.testing.contract.fuzz import World, signed
from shared.testing.contract.live import Live
from shared.testing.contract.service import ServiceContract

ACCOUNT = {"username": "somebody", "password": "a fine password for tests"}


class TestAuth(ServiceContract):
    service = "auth"
    create_app = staticmethod(create_app)
    settings = Settings
    environment = {"SECRET_KEY": "a-secret-key-that-only-tests-know-0123456789", "PARLEY_LIMIT_LOGIN": "off"}

    @asynccontextmanager
    async def around(self, live: Live) -> AsyncIterator[World]:
        """Somebody with an account, who logs in again whenever a call has ended the session."""
        people = People(live.base)
        try:
            me = people.post("/auth/register", {**ACCOUNT, "email": "somebody@example.org"})
            other = {**ACCOUNT, "username": "somebody_else", "email": "else@example.org"}
            people.log_in()
            yield World(people.headers, {"user_id": people.post("/auth/register", other)["id"]})
            assert people.claims["sub"] == me["id"]
        finally:
            people.client.close()


class People:
    """Who calls."""

    def __init__(self, base: str) -> None:
        self.client = httpx.Client(base_url=f"{base}/api/v1")
        self.claims: Mapping[str, str] = {}

    def post(self, path: str, body: Mapping[str, str]) -> dict[str, str]:
        """A call of nobody's."""
        answer = self.client.post(path, json=body, headers=signed("auth", "nobody", ""))
        assert answer.is_success, answer.text
        told: dict[str, str] = answer.json()
        return told

    def log_in(self) -> None:
        """Begin a session."""
        token = self.post("/auth/login", ACCOUNT)["access_token"]
        self.claims = jwt.decode(token, options={"verify_signature": False})

    def headers(self, role: str) -> Mapping[str, str]:
        """The gateway's word for the person of a session that stands."""
        if role != "nobody" and self.client.get("/users/me", headers=self._word(role)).status_code == 401:
            self.log_in()
        return self._word(role)

    def _word(self, role: str) -> dict[str, str]:
        return signed("auth", role, self.claims["sub"], self.claims["sid"])
