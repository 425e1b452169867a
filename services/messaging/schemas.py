"""What messaging's HTTP interface takes and gives (HTTP.md, *Messages*)."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from services.messaging.policy import sane_text
from shared.clock import Timestamp
from shared.ids import Id
from shared.schemas import AnswerModel, RequestModel

MAX_CONTENT = 4_000

Content = Annotated[str, Field(min_length=1, max_length=MAX_CONTENT), AfterValidator(sane_text)]
ClientId = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(sane_text)]


class Draft(RequestModel):
    """A message as its author hands it in."""

    content: Content
    client_id: ClientId | None = None
    reply_to: Id | None = None
    attachments: list[Id] = Field(default_factory=list, max_length=10)


class Author(AnswerModel):
    id: str
    username: str
    display_name: str
    avatar_url: str | None


class Reaction(AnswerModel):
    emoji: str
    count: int
    me: bool


class Message(AnswerModel):
    """A message as clients see it; a deleted one is a tombstone with empty content."""

    id: str
    room_id: str
    seq: int
    author: Author
    content: str
    kind: Literal["text", "system"]
    reply_to: str | None
    attachments: list[dict[str, Any]]
    reactions: list[Reaction]
    mentions: list[str]
    pinned: bool
    edited_at: Timestamp | None
    deleted_at: Timestamp | None
    created_at: Timestamp
    client_id: str | None


class MessagePage(AnswerModel):
    items: list[Message]
    has_more: bool


class Unread(AnswerModel):
    room_id: str
    last_seq: int
    last_at: Timestamp | None
    read_seq: int
    unread: int
    mentions: int
