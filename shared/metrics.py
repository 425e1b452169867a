"""Prometheus metrics: made once a process, whatever number of applications a test builds in it."""

import asyncio
from collections.abc import Sequence
from functools import cache

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from starlette.responses import Response

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

# Half of all series, and nobody reads them.
disable_created_metrics()  # type: ignore[no-untyped-call]


@cache
def counter(name: str, help: str, labels: Sequence[str] = ()) -> Counter:
    """The counter of that name; `labels` is a tuple."""
    return Counter(name, help, labels)


@cache
def gauge(name: str, help: str, labels: Sequence[str] = ()) -> Gauge:
    """The gauge of that name; `labels` is a tuple."""
    return Gauge(name, help, labels)


@cache
def histogram(name: str, help: str, labels: Sequence[str] = (), buckets: Sequence[float] = _BUCKETS) -> Histogram:
    """The histogram of that name, in seconds; `labels` is a tuple."""
    return Histogram(name, help, labels, buckets=buckets)


def count_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Measure from now on how many tasks the loop has: what is leaked there shows in no other figure of a process."""
    gauge("parley_asyncio_tasks", "Tasks of the event loop").set_function(lambda: len(asyncio.all_tasks(loop)))


def metrics_response() -> Response:
    """Everything measured, in Prometheus' text form."""
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
