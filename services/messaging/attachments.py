"""Attachments by reference: files says what they are, before the transaction; the message keeps its own copy."""

from collections.abc import Sequence

import structlog

from services.messaging.commands import Command, File, Files, Send
from services.messaging.policy import HELD_FOR
from shared.bus import Bus
from shared.clock import rfc3339, utc_now
from shared.problems import NotFound, Problem, Unavailable

_log = structlog.get_logger(__name__)
_MOST = 100
_TIMEOUT = 2.0
_NOBODY = Unavailable("Attachments can't be looked up right now; send again with the same client_id.")


class FileDirectory:
    """Asks files, and only when a message has attachments."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def describe(self, commands: Sequence[Command]) -> Files:
        """The files of all attachments by id; a Problem while files can't be asked."""
        attaching = [command for command in commands if isinstance(command, Send) and command.attachments]
        now = [command for command in attaching if command.send_at is None]
        later = [command for command in attaching if command.send_at is not None]
        found: dict[str, File] = {}
        try:
            await self._ask(now, found)
            if later:
                await self._ask(later, found, needed_until=rfc3339(max(filter(None, (one.send_at for one in later)))))
        except Problem as problem:
            _log.warning("files can't be asked about attachments", reason=problem.detail)
            return _NOBODY
        return found

    async def keep(self, commands: Sequence[Send]) -> None:
        """Have files keep what is attached to held texts as long as those may wait; without files, a day."""
        try:
            await self._ask(commands, {}, needed_until=rfc3339(utc_now() + HELD_FOR))
        except Problem as problem:
            _log.warning("attachments of held texts may not be kept", reason=problem.detail)

    async def _ask(self, commands: Sequence[Send], found: dict[str, File], **more: str) -> None:
        """Files keeps what a scheduled message attaches until it is sent."""
        ids = list(dict.fromkeys(file_id for command in commands for file_id in command.attachments))
        for start in range(0, len(ids), _MOST):
            question = {"ids": ids[start : start + _MOST], **more}
            answer = await self._bus.request("rpc.files.describe", question, timeout=_TIMEOUT)
            found.update({file["id"]: file for file in answer["files"]})


def claimed(files: Files, command: Send) -> list[File]:
    """The files that the command attaches. Raises NotFound for any that its sender did not upload to this room."""
    if not command.attachments:
        return []
    if isinstance(files, Problem):
        raise files
    found = [files.get(file_id) for file_id in dict.fromkeys(command.attachments)]
    own = [file for file in found if file is not None and _is_own(file, command)]
    if len(own) < len(found):
        raise NotFound("An attachment is not there, or not one that you uploaded to this room.")
    return own


def _is_own(file: File, command: Send) -> bool:
    return bool(file["room_id"] == command.room_id and file["uploaded_by"] == command.user_id)
