"""RELIABILITY.md §4 K: the process as it runs, with every secret a client can send, and what it lets out of itself."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import jwt

from services.auth.tests.conftest import SECRET_KEY
from shared.ids import new_id
from shared.testing.nats import NatsServer
from shared.testing.plugin import CALLER_SECRET, anonymous_header, caller_header
from shared.testing.processes import die_with_parent, free_port
from shared.testing.waiting import eventually

PASSWORDS = ("canary-one password", "canary-two password", "canary-three password")


@asynccontextmanager
async def process(tmp_path: Path, nats_server: NatsServer) -> AsyncIterator[tuple[httpx.AsyncClient, list[str]]]:
    """`python -m services.auth serve` with all that it logs, and a client."""
    url, log = f"http://127.0.0.1:{free_port()}", tmp_path / "log"
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'auth.db'}",
        "SECRET_KEY": SECRET_KEY,
        "CALLER_SECRET": CALLER_SECRET,
        "NATS_URL": nats_server.url,
        "PORT": url.rpartition(":")[2],
        "LOG_LEVEL": "debug",
        "AUTH_ADMIN_USERNAME": "root",
        "AUTH_ADMIN_PASSWORD": PASSWORDS[0],
    }
    said: list[str] = []
    with log.open("wb") as out:
        for command in ("migrate", "serve"):
            running = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "services.auth", command, env=environment, stdout=out, stderr=out,
                preexec_fn=die_with_parent,
            )  # fmt: skip
            if command == "migrate":
                assert await running.wait() == 0
        try:
            async with httpx.AsyncClient(base_url=url, timeout=20) as client:

                async def ready() -> bool:
                    try:
                        return (await client.get("/readyz")).status_code == 200
                    except httpx.TransportError:
                        return False

                await eventually(ready, within=60)
                yield client, said
        finally:
            running.terminate()
            await running.wait()
    said.extend(log.read_text().splitlines())


async def test_no_secret_gets_out_and_every_act_is_written_down(tmp_path: Path, nats_server: NatsServer) -> None:
    """S180, S181, S186."""
    bodies: list[str] = []
    async with process(tmp_path, nats_server) as (client, log):

        async def call(method: str, path: str, headers: dict[str, str] | None = None, **options: Any) -> Any:
            vouched = (headers or anonymous_header("auth")) | {"X-Request-ID": f"r{len(bodies)}"}
            answer = await client.request(method, f"/api/v1{path}", headers=vouched, **options)
            if answer.status_code >= 400:
                bodies.append(answer.text)
            else:
                bodies.append("")
            return answer.json() if answer.content else {}

        account = {"username": "ada", "email": "ada@example.org", "password": PASSWORDS[1]}
        me = await call("POST", "/auth/register", json=account)
        await call("POST", "/auth/register", json=account | {"role": PASSWORDS[1]})
        tokens = await call("POST", "/auth/login", json={"username": "ada", "password": PASSWORDS[1]})
        # People type their password where the name goes, with all kinds of things behind it.
        await call("POST", "/auth/login", json={"username": PASSWORDS[2], "password": PASSWORDS[2]})
        await call("POST", "/auth/login", json={"username": 'x\r\n{"event": "logged in"}\x1b[31m', "password": "x"})
        claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
        ada = caller_header("auth", claims["sub"], session_id=claims["sid"])
        ticket = await call("POST", "/auth/ws-ticket", ada)
        personal = await call("POST", "/auth/tokens", ada, json={"name": "bot", "scopes": ["read"]})
        change = {"current_password": PASSWORDS[1], "new_password": PASSWORDS[2]}
        await call("PUT", "/auth/password", ada, json=change | {"current_password": PASSWORDS[0]})
        await call("PUT", "/auth/password", ada, json=change)
        refreshed = await call("POST", "/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
        await call("POST", "/auth/refresh", json={"refresh_token": tokens["refresh_token"][:-4] + "AAAA"})
        await call("POST", "/auth/email/verify", json={"code": PASSWORDS[0]})
        await call("GET", f"/users?q=x&token={tokens['refresh_token']}", ada)
        await call("GET", f"/users/{new_id()}?token={ticket['ticket']}", ada)
        await call("POST", "/auth/logout", ada | {"Authorization": f"Bearer {tokens['access_token']}"})
        metrics = (await client.get("/metrics")).text

    secrets = [*PASSWORDS, SECRET_KEY, CALLER_SECRET, ticket["ticket"], personal["token"], ada["Parley-Caller"]]
    secrets += [given[kind] for given in (tokens, refreshed) for kind in ("access_token", "refresh_token")]
    for where in (*log, *bodies, metrics):
        for secret in secrets:
            assert secret not in where, f"{secret[:12]} in {where[:300]}"
            assert secret.rpartition(".")[2] not in where
    assert "ada@example.org" not in "\n".join(log)

    lines = [json.loads(line) for line in log]
    acts = {line["event"]: line for line in lines if line.get("logger") == "parley.security" or "by" in line}
    assert {"registered", "logged in", "login refused", "password refused", "password changed"} <= set(acts)
    assert {"token issued", "logged out"} <= set(acts)
    changed = acts["password changed"]
    assert changed["by"] == me["id"] and changed["ip"] == "192.0.2.1"
    assert changed["request_id"].startswith("r")
    assert [line for line in lines if line["event"] == "logged in" and line.get("by") == me["id"]]
    assert sum(line["event"] == "logged in" for line in lines) == 1, "no name forges a line"
