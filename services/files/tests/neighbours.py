"""Auth and messaging as files sees them: real outboxes on the real broker, events as REALTIME.md and auth have them."""

from datetime import datetime
from typing import Any, ClassVar

from shared.database import Database, WriteSession
from shared.events import Event
from shared.ids import new_id


class UserDeleted(Event):
    producer: ClassVar[str] = "auth"
    thing: ClassVar[str] = "user"
    name: ClassVar[str] = "deleted"
    user_id: str

    def entity_id(self) -> str:
        return self.user_id


class SessionRevoked(Event):
    producer: ClassVar[str] = "auth"
    thing: ClassVar[str] = "session"
    name: ClassVar[str] = "revoked"
    session_id: str
    user_id: str

    def entity_id(self) -> str:
        return self.session_id


class _Entry(Event):
    """An entry of a room's timeline, as the frame that clients get."""

    producer: ClassVar[str] = "messaging"
    thing: ClassVar[str] = "message"
    room_id: str
    seq: int = 1

    def entity_id(self) -> str:
        return self.room_id


class MessageCreated(_Entry):
    name: ClassVar[str] = "created"
    message: dict[str, Any]


class MessageUpdated(MessageCreated):
    name: ClassVar[str] = "updated"


class MessageDeleted(_Entry):
    name: ClassVar[str] = "deleted"
    message_id: str
    by: str | None = None
    file_ids: list[str] = []
    files_wait_until: datetime | None = None


class RoomPurged(_Entry):
    thing: ClassVar[str] = "room"
    name: ClassVar[str] = "purged"
    before_seq: int
    message_ids: list[str]


async def _tell(db: Database, event: Event) -> None:
    def record(tx: WriteSession) -> None:
        tx.record(event)

    await db.write(record)


class FakeAuth:
    """Says whose account is gone."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def delete(self, user_id: str) -> None:
        """The account ends."""
        await _tell(self._db, UserDeleted(user_id=user_id))

    async def log_out(self, session_id: str, user_id: str) -> None:
        """One session ends."""
        await _tell(self._db, SessionRevoked(session_id=session_id, user_id=user_id))


class FakeMessaging:
    """Says which message has which files."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def send(self, room_id: str, *file_ids: str) -> str:
        """A new message with these files; its id."""
        message_id = new_id()
        await _tell(self._db, MessageCreated(room_id=room_id, message=_message(message_id, room_id, file_ids)))
        return message_id

    async def change(self, message_id: str, room_id: str, *file_ids: str) -> None:
        """The message has other files now."""
        await _tell(self._db, MessageUpdated(room_id=room_id, message=_message(message_id, room_id, file_ids)))

    async def delete(self, message_id: str, room_id: str, *file_ids: str, wait: datetime | None = None) -> None:
        """The message is gone, and had these files, which wait until then for another."""
        about = {"room_id": room_id, "message_id": message_id, "file_ids": list(file_ids)}
        await _tell(self._db, MessageDeleted(**about, files_wait_until=wait))

    async def purge(self, room_id: str, *message_ids: str) -> None:
        """The room keeps these no longer."""
        await _tell(self._db, RoomPurged(room_id=room_id, before_seq=2, message_ids=list(message_ids)))


def _message(message_id: str, room_id: str, file_ids: tuple[str, ...]) -> dict[str, Any]:
    files = [{"id": file_id, "name": "a.txt", "size": 5} for file_id in file_ids]
    return {"id": message_id, "room_id": room_id, "content": "look", "attachments": files}
