"""docker-compose.yml as a project of its own: images, secrets, networks and volumes that go when the tests end."""

import asyncio
import json
import secrets
import socket
from pathlib import Path
from typing import Any

import docker
from docker.errors import ImageNotFound

from deploy.compose.secrets import make
from deploy.local.ports import Ports
from tests.deploy.engine import compose
from tests.faults.arena import LIMITS_OFF, SERVICES
from tests.system.person import Person, login

_READY = 120.0


class Stack:
    """The running system, and what is done to it through the engine."""

    def __init__(self, folder: Path) -> None:
        self.name = f"parley-rehearsal-{secrets.token_hex(3)}"
        self.secrets = folder / "secrets"
        self.client = docker.from_env(timeout=120)
        self._port = _port_with_another_behind()
        told = folder / "env"
        told.write_text("".join(f"{name}={value}\n" for name, value in LIMITS_OFF.items()))
        self.environment = {
            "PARLEY_SECRETS": str(self.secrets),
            "PARLEY_ENV": str(told),
            "PARLEY_VERSION": self.name,
            "PARLEY_PORT": str(self._port),
        }
        make(self.secrets)

    def compose(self, *arguments: str, **environment: str) -> str:
        """`docker compose` for this project."""
        return compose(["-p", self.name, "--progress", "quiet", *arguments], self.environment | environment)

    def build(self) -> None:
        """An image of each service, one after the other: each build takes what the machine has."""
        for service in SERVICES:
            self.compose("build", service)

    def up(self, *arguments: str, **environment: str) -> None:
        """Make it what the file says, and wait until everything is healthy."""
        self.compose("up", "-d", "--wait", "--no-build", *arguments, **environment)

    def close(self) -> None:
        """Remove everything that was made here."""
        self.compose("down", "--volumes", "--timeout", "15")
        for service in SERVICES:
            for version in (self.name, f"{self.name}-next"):
                try:
                    self.client.images.remove(f"parley-{service}:{version}")
                except ImageNotFound:
                    continue
        self.client.close()

    def containers(self, service: str | None = None) -> list[Any]:
        """The containers of a service, or of all of them, first replica first; ended ones too."""
        labels = [f"com.docker.compose.project={self.name}"]
        if service is not None:
            labels.append(f"com.docker.compose.service={service}")
        found = self.client.containers.list(all=True, filters={"label": labels})
        return sorted(found, key=lambda one: int(one.labels["com.docker.compose.container-number"]))

    def container(self, service: str) -> Any:
        """The first container of a service."""
        return self.containers(service)[0]

    def base(self, number: int) -> str:
        """Where a gateway is published: of several, people take turns."""
        gateways = self.containers("gateway")
        ports = gateways[number % len(gateways)].attrs["NetworkSettings"]["Ports"]["8000/tcp"]
        return f"http://127.0.0.1:{ports[0]['HostPort']}"

    def two_gateways(self) -> dict[str, str]:
        """What to tell `up` when there are to be two of them."""
        return {"PARLEY_PORT": f"{self._port}-{self._port + 1}"}

    async def ready(self) -> None:
        """Until every container that has a health check is healthy."""
        async with asyncio.timeout(_READY):
            while unhealthy := [one for one in await asyncio.to_thread(self.containers) if not _is_healthy(one)]:
                assert all(one.status != "exited" for one in unhealthy), [one.name for one in unhealthy]
                await asyncio.sleep(0.2)

    async def hurt(self, service: str, number: int = 0) -> None:
        """kill -9 a container, and start it again: the restart policy does not undo what was done by the engine."""
        victim = (await asyncio.to_thread(self.containers, service))[number]
        await asyncio.to_thread(victim.kill)
        await asyncio.to_thread(victim.start)

    async def admin(self) -> Person:
        """The first admin."""
        return await login(self.base(0), "admin", (self.secrets / "admin_password").read_text())

    def readiness(self, service: str) -> Any:
        """What the service's /readyz says, asked from within its container."""
        program = (
            "import os, urllib.request; "
            "print(urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/readyz').read().decode())"
        )
        status, said = self.container(service).exec_run(["python", "-c", program])
        assert status == 0, said
        return json.loads(said)

    def logs(self) -> str:
        """What all containers have said."""
        return "\n".join(one.logs().decode(errors="replace") for one in self.containers())


def _is_healthy(container: Any) -> bool:
    state = container.attrs["State"]
    if state["Status"] == "exited" and state["ExitCode"] == 0:
        return True  # a job that is done
    return bool(state["Status"] == "running" and state.get("Health", {}).get("Status", "healthy") == "healthy")


def _port_with_another_behind() -> int:
    ports = Ports()
    while True:
        port = ports.free()
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
