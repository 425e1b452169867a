"""Each service deploys alone: its wheel and the kit's, with what they ask for and nothing else, migrate and serve."""

import asyncio
import json
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from services.gateway.tests.world import FakeAuth
from shared.bus import Bus
from shared.settings import ProcessSettings
from shared.testing.contract.committed import ROOT
from shared.testing.contract.live import live
from shared.testing.nats import NatsServer
from tests.packaging.environment import build_wheels, make_environment

pytestmark = pytest.mark.xdist_group("packaging")

SERVICES = ("auth", "rooms", "messaging", "moderation", "files", "gateway")
SECRET = "a-secret-that-only-tests-know-0123456789"
TOLD = {
    "auth": {"SECRET_KEY": SECRET},
    "gateway": {f"{name.upper()}_CALLER_SECRET": SECRET for name in SERVICES if name != "gateway"},
}
# Whoever finds `services` finds all that is in it, and nothing that belongs to developing.
LOOK = """
import importlib.util, json, pkgutil, services
names = ("deploy", "tests", "bench", "pytest", "httpx", "hypothesis", "pip")
print(json.dumps({
    "services": sorted(module.name for module in pkgutil.iter_modules(services.__path__)),
    "more": [name for name in names if importlib.util.find_spec(name)],
}))
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Removed at the end, environments and all."""
    made = Path(tempfile.mkdtemp(prefix="parley-packaging-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def wheels(folder: Path) -> dict[str, Path]:
    """The wheel of each distribution of ours."""
    built = build_wheels(folder / "wheels", [ROOT / "shared", *(ROOT / "services" / name for name in SERVICES)])
    assert built.keys() == {"parley-shared", *(f"parley-{name}" for name in SERVICES)}
    return built


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_migrates_and_serves_with_what_it_asks_for(
    service: str, folder: Path, wheels: dict[str, Path], nats_server: NatsServer
) -> None:
    async with auth_there(nats_server):
        await asyncio.to_thread(_alone, service, folder / service, wheels, nats_server)


def _alone(service: str, home: Path, wheels: dict[str, Path], nats_server: NatsServer) -> None:
    python = make_environment(home, [wheels["parley-shared"], wheels[f"parley-{service}"]])
    seen = json.loads(subprocess.check_output([python, "-c", LOOK], cwd=home, timeout=60))
    assert seen == {"services": [service], "more": []}
    _serve(service, python, home, nats_server)


def _serve(service: str, python: Path, home: Path, nats_server: NatsServer) -> None:
    with live(service, home, nats_server.url, environment=TOLD.get(service), python=python) as running:
        ready = httpx.get(f"{running.base}/readyz", timeout=5).json()
        assert (ready["service"], ready["ready"]) == (service, True)


@asynccontextmanager
async def auth_there(nats_server: NatsServer) -> AsyncIterator[None]:
    """A gateway is ready once it has read auth's log."""
    bus = Bus("auth", ProcessSettings(nats_url=nats_server.url))
    async with bus.connected():
        await FakeAuth(bus).serve()
        yield
