"""Passes a service's answer on to the client."""

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
from starlette.types import Send

from services.gateway.connection import Answer
from services.gateway.headers import first, outward
from shared.problems import Unavailable, UpstreamTimeout


async def read_whole(response: aiohttp.ClientResponse) -> Answer:
    """The short answer to something large."""
    with _failures_named():
        return Answer(response.status, list(response.raw_headers), await response.read())


async def relay_whole(answer: Answer, send: Send) -> None:
    """An answer that was read first, so that a service that dies in the middle of one is a clean 503."""
    headers = outward(answer.raw_headers)
    if answer.status not in (204, 304):
        headers.append((b"content-length", str(len(answer.content)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.content})


async def relay_stream(response: aiohttp.ClientResponse, send: Send, *, content: bool = True) -> None:
    """An answer of any size, in constant memory: no more is read than the client takes, nothing without `content`."""
    headers = outward(response.raw_headers) + _announced(response)
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    if not content:
        await send({"type": "http.response.body", "body": b""})
        return
    with _failures_named():
        async for chunk in response.content.iter_any():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


@contextmanager
def _failures_named() -> Iterator[None]:
    """What breaks off while an answer is read, said as a Problem."""
    try:
        yield
    except TimeoutError as error:
        raise UpstreamTimeout("The answer of the service stopped half way.") from error
    except aiohttp.ClientError as error:
        raise Unavailable("The service broke off in the middle of its answer.") from error


def _announced(response: aiohttp.ClientResponse) -> list[tuple[bytes, bytes]]:
    length = first([(name.lower(), value) for name, value in response.raw_headers], b"content-length")
    return [(b"content-length", length)] if length is not None else []
