"""What files tells the other services."""

from typing import ClassVar

from pydantic import ConfigDict

from services.files.schemas import File
from shared.events import Event
from shared.ids import Id


class FileState(File):
    """A file as clients see it; no field goes out that is not declared."""

    model_config = ConfigDict(extra="forbid")


class FileStored(Event):
    """A file was uploaded to a room and can be fetched."""

    producer: ClassVar[str] = "files"
    thing: ClassVar[str] = "file"
    name: ClassVar[str] = "stored"

    file: FileState

    def entity_id(self) -> str:
        return self.file.id


class FileDeleted(Event):
    """A file is gone, by somebody's wish or with its room."""

    producer: ClassVar[str] = "files"
    thing: ClassVar[str] = "file"
    name: ClassVar[str] = "deleted"

    file_id: str
    room_id: str

    def entity_id(self) -> str:
        return self.file_id


class AvatarUpdated(Event):
    """A person has another picture, or none any more."""

    producer: ClassVar[str] = "files"
    thing: ClassVar[str] = "avatar"
    name: ClassVar[str] = "updated"

    user_id: Id
    avatar_url: str | None

    def entity_id(self) -> str:
        return self.user_id


EVENTS: tuple[type[Event], ...] = (FileStored, FileDeleted, AvatarUpdated)
