"""Limits that gateways share through a real store, and what they do without it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.gateway import limits as limits_module
from services.gateway.limits import FALLBACKS, Limits
from services.gateway.redis_windows import RedisWindows
from shared.problems import TooMany
from shared.testing.valkey import Valkey


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Valkey]:
    started = Valkey(tmp_path)
    yield started
    started.kill()


@asynccontextmanager
async def gateway(store: Valkey) -> AsyncIterator[Limits]:
    windows = RedisWindows("127.0.0.1", store.port, store.password)
    async with windows.running():
        yield Limits({"http": "5/hour"}, windows)


async def spend(limits: Limits, times: int) -> None:
    for _ in range(times):
        await limits.hit("http", "somebody")


async def test_gateways_count_together(store: Valkey) -> None:
    async with gateway(store) as one, gateway(store) as other:
        await spend(one, 3)
        await spend(other, 2)
        for limits in (one, other):
            with pytest.raises(TooMany) as refused:
                await limits.hit("http", "somebody")
            assert 3_000 < (refused.value.retry_after or 0) <= 3_600
        await other.clear("http", "somebody")
        await one.hit("http", "somebody")
        await other.undo("http", "somebody")
        await spend(other, 5)


async def test_a_store_that_goes_and_comes_back(store: Valkey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits_module, "RETRY_STORE_AFTER", 0.0)
    async with gateway(store) as limits:
        await spend(limits, 5)
        before = _fallbacks()
        store.kill()
        await spend(limits, 5)
        with pytest.raises(TooMany):
            await limits.hit("http", "somebody")
        assert _fallbacks() == before + 6, "each was counted here, and somebody notices"
        store.start()
        await spend(limits, 5)


def _fallbacks() -> float:
    return next(
        sample.value for metric in FALLBACKS.collect() for sample in metric.samples if sample.name.endswith("_total")
    )
