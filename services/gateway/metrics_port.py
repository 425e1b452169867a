"""Metrics on a port of their own, for when the public one must not show them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import start_http_server


@asynccontextmanager
async def metrics_served(host: str, port: int) -> AsyncIterator[None]:
    """A Part: serve /metrics on this port; nothing when it is 0."""
    if not port:
        yield
        return
    server, thread = start_http_server(port, host)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
