"""What all services keep about a person, as one zip.

A service is asked by `rpc.<service>.export` `{"user_id"}` and answers `{"files": {"name.json": anything}}`. When that
is more than fits into one message it adds `"next"`, and is asked again with that as `"after"`; lists of the same name
are joined. One that does not answer is named in the manifest, so that nobody takes a part for the whole.
"""

import asyncio
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import orjson
import structlog

from shared.bus import Bus
from shared.clock import rfc3339
from shared.problems import Problem, Unavailable

MOST_AT_ONCE = 4
SERVICES = ("rooms", "messaging", "moderation", "files")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}\.json")
_SECONDS = 10.0
_MOST_PAGES = 2_000
_IN_MEMORY = 1024 * 1024
_CHUNK = 64 * 1024
_log = structlog.get_logger(__name__)
Files = dict[str, Any]


@dataclass(slots=True)
class Part:
    """What one service had to say; `missing` is why it is not all of it."""

    service: str
    files: Files = field(default_factory=dict)
    missing: str | None = None


class Exporter:
    """Asks the other services."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._under_way = 0

    async def collect(self, user_id: str) -> list[Part]:
        """The part of each of them; Unavailable while too many others get theirs, since all of it is in memory."""
        if self._under_way >= MOST_AT_ONCE:
            raise Unavailable("Too many exports at once.", retry_after=10)
        self._under_way += 1
        try:
            return list(await asyncio.gather(*(self._part(service, user_id) for service in SERVICES)))
        finally:
            self._under_way -= 1

    async def _part(self, service: str, user_id: str) -> Part:
        part = Part(service)
        question: dict[str, Any] = {"user_id": user_id}
        for _ in range(_MOST_PAGES):
            try:
                answer = await self._bus.request(f"rpc.{service}.export", question, timeout=_SECONDS)
                _join(part.files, answer["files"])
                after = answer.get("next")
            except Problem as problem:
                part.missing = problem.detail
                break
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                _log.warning("an export cannot be read", service=service, reason=type(error).__name__)
                part.missing = "Its answer could not be read."
                break
            if after is None:
                break
            question["after"] = after
        else:
            part.missing = "It had more than could be asked for."
        return part


def _join(files: Files, more: Files) -> None:
    for name, content in more.items():
        if not _NAME.fullmatch(name):
            raise ValueError(name)
        if isinstance(files.get(name), list) and isinstance(content, list):
            files[name].extend(content)
        else:
            files[name] = content


def archive(user_id: str, now: datetime, parts: list[Part]) -> IO[bytes]:
    """The zip, on disk when large; a folder for each service, and `manifest.json`. Blocks: call it in a thread."""
    told = {
        part.service: {"complete": part.missing is None, "missing": part.missing, "files": sorted(part.files)}
        for part in parts
    }
    manifest = {"user_id": user_id, "made_at": rfc3339(now), "services": told}
    spool = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 # the answer closes it
    with zipfile.ZipFile(spool, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("manifest.json", _json(manifest))
        for part in parts:
            for name, content in part.files.items():
                made.writestr(f"{part.service}/{name}", _json(content))
    spool.seek(0)
    return spool


def chunks(spool: IO[bytes]) -> Iterator[bytes]:
    """What is in it, piece by piece; closed at the end."""
    with spool:
        while chunk := spool.read(_CHUNK):
            yield chunk


def _json(content: Any) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)
