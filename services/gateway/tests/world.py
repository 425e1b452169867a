"""The world around a gateway under test: a stand-in for auth on the real broker, and one server for all services."""

import asyncio
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import jwt
import orjson
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.realtime.wire import Wire
from services.gateway.settings import SERVICES, Settings
from shared.bus import Bus
from shared.clock import rfc3339, utc_now
from shared.ids import new_id
from shared.problems import Unauthorized
from shared.testing.nats import NatsServer
from shared.web.protocol import LimitedHttpProtocol

ServiceAnswer = Callable[[Scope, Receive, Send], Awaitable[None]]
SECRETS = {service: f"a-secret-for-{service}-that-only-tests-know-0123456789" for service in SERVICES}


def settings_for(nats_server: NatsServer, upstream: str = "http://127.0.0.1:1", **more: Any) -> Settings:
    """Settings of a gateway in this world."""
    secrets = {f"{service}_caller_secret": secret for service, secret in SECRETS.items()}
    urls = {f"{service}_url": upstream for service in SERVICES}
    return Settings(**{"nats_url": nats_server.url, **secrets, **urls, **more})


class FakeAuth:
    """Auth as a gateway sees it: keys, tickets, people and a log of events."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._key = Ed25519PrivateKey.generate()
        self.kid = "key-1"
        self.epoch = new_id()
        self.log: list[dict[str, Any]] = []
        self.tickets: dict[str, dict[str, Any]] = {}
        self.personal: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []

    async def serve(self) -> None:
        """Answer requests."""
        await self._bus.serve("jwks", self._jwks)
        await self._bus.serve("outbox", self._outbox)
        await self._bus.serve("tickets.redeem", self._redeem)
        await self._bus.serve("tokens.recognise", self._recognise)
        await self._bus.serve("users", self._users)
        await self._bus.ping()

    def token(self, user_id: str, session_id: str | None = None, role: str = "user", **claims: Any) -> str:
        """An access token as auth signs them."""
        now = int(time.time())
        body: dict[str, Any] = {"iss": "parley", "aud": "parley", "sub": user_id, "sid": session_id or new_id()}
        body |= {"role": role, "jti": new_id(), "iat": now, "exp": now + 900} | claims
        return jwt.encode(body, self._key, algorithm="EdDSA", headers={"kid": self.kid, "typ": "at+jwt"})

    def personal_token(self, user_id: str, *scopes: str, role: str = "user", **more: Any) -> str:
        """A personal access token."""
        token = f"parley_{new_id()}"
        said = {"sub": user_id, "sid": new_id(), "role": role, "scopes": scopes, "exp": int(time.time()) + 900}
        self.personal[sha256(token.encode()).hexdigest()] = said | more
        return token

    async def record(
        self, type_: str, entity_id: str, data: dict[str, Any], *, at: str = "", tell: bool = True
    ) -> None:
        """Append an event to the log, and publish it unless it shall get lost."""
        thing, _, name = type_.partition(".")
        envelope: dict[str, Any] = {"id": len(self.log) + 1, "epoch": self.epoch, "producer": "auth", "type": type_}
        envelope |= {"subject": f"auth.{thing}.{entity_id}.{name}", "at": at or rfc3339(utc_now()), "data": data}
        self.log.append(envelope)
        if tell:
            await self._bus.publish(envelope["subject"], orjson.dumps([envelope]))

    async def revoke(self, session_id: str, **how: Any) -> None:
        """End a session."""
        await self.record("session.revoked", session_id, {"session_id": session_id, "user_id": new_id()}, **how)

    async def _jwks(self, _: Any) -> Any:
        self.asked.append("jwks")
        x = urlsafe_b64encode(self._key.public_key().public_bytes_raw()).rstrip(b"=").decode()
        return {"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.kid, "x": x}]}

    async def _outbox(self, asked: dict[str, int]) -> Any:
        self.asked.append("outbox")
        events = self.log[asked["after"] : asked["after"] + asked["limit"]]
        return {"epoch": self.epoch, "last": len(self.log), "events": events}

    async def _redeem(self, asked: dict[str, str]) -> Any:
        found = self.tickets.pop(asked["ticket"], None)
        if found is None:
            raise Unauthorized
        return found

    async def _recognise(self, asked: dict[str, str]) -> Any:
        self.asked.append("recognise")
        if asked["digest"] not in self.personal:
            raise Unauthorized
        return self.personal[asked["digest"]]

    async def _users(self, asked: dict[str, list[str]]) -> Any:
        return {"users": [{"id": user_id} for user_id in asked["ids"] if not user_id.startswith("00000000")]}


@dataclass
class Upstream:
    """All services in one server: it repeats what it was asked, unless told how to answer a path."""

    seen: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, ServiceAnswer] = field(default_factory=dict)
    url: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        answer = _alive if scope["path"] == "/healthz" else self.answers.get(scope["path"])
        if answer is not None:
            await answer(scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        target = scope["raw_path"].decode() + ("?" + scope["query_string"].decode() if scope["query_string"] else "")
        heard = {"method": scope["method"], "target": target, "headers": headers, "size": len(body)}
        self.seen.append(heard | {"body": body})
        await reply(send, 200, orjson.dumps(heard))


async def _alive(_: Scope, __: Receive, send: Send) -> None:
    await reply(send, 200, b"{}")


async def reply(send: Send, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    """A whole JSON answer."""
    length = (b"content-length", str(len(body)).encode())
    content_type = (b"content-type", b"application/json")
    await send({"type": "http.response.start", "status": status, "headers": [content_type, length, *headers]})
    await send({"type": "http.response.body", "body": body})


class Prompt(uvicorn.Server):
    """Looks whether it shall stop a hundred times a second, and not ten: every test waits for it, twice."""

    async def main_loop(self) -> None:
        """As uvicorn's, but for the pace."""
        while not await self.on_tick(0):
            await asyncio.sleep(0.01)


@asynccontextmanager
async def served(app: ASGIApp, *, lifespan: bool = True) -> AsyncIterator[str]:
    """The application on a real port, behind the protocols of production; its URL."""
    config = uvicorn.Config(
        app,
        port=0,
        http=LimitedHttpProtocol,
        ws=Wire,
        lifespan="on" if lifespan else "off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    server = Prompt(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        assert not serving.done(), "the server did not start"
        await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
