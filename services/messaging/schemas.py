"""What messaging's HTTP interface takes and gives (HTTP.md, *Messages*)."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from services.messaging.policy import MAX_ATTACHMENTS, MAX_CONTENT, sane_text, valid_unicode
from shared.clock import Timestamp
from shared.ids import Id
from shared.schemas import AnswerModel, RequestModel

Content = Annotated[str, Field(min_length=1, max_length=MAX_CONTENT), AfterValidator(sane_text)]
AnyContent = Annotated[str, Field(max_length=MAX_CONTENT), AfterValidator(valid_unicode)]
ClientId = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(sane_text)]
Emoji = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(sane_text)]
Query = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(valid_unicode)]
Seq = Annotated[int, Field(ge=0, le=2**63 - 1, strict=True)]


class Draft(RequestModel):
    """A message as its author hands it in; without words only if it has attachments."""

    content: AnyContent
    client_id: ClientId | None = None
    reply_to: Id | None = None
    attachments: list[Id] = Field(default_factory=list, max_length=MAX_ATTACHMENTS)
    send_at: Timestamp | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.attachments:
            sane_text(self.content)
        return self


class NewContent(RequestModel):
    """What a message shall say instead."""

    content: Content


class Reacting(RequestModel):
    """One emoji, or its `:shortcode:`."""

    emoji: Emoji


class ReadUpTo(RequestModel):
    """The number of the last entry that was read."""

    seq: Seq


class Rescheduling(RequestModel):
    """Any of what a scheduled message is to be; what is left out stays."""

    content: Content | None = None
    send_at: Timestamp | None = None


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
    """A message as clients see it; a deleted one is a tombstone with empty content.

    `thread_id` is the message that its thread began with; `mentions_room` that everybody is meant.
    """

    id: str
    room_id: str
    seq: int
    author: Author
    content: str
    kind: Literal["text", "system"]
    reply_to: str | None
    thread_id: str | None
    attachments: list[dict[str, Any]]
    reactions: list[Reaction]
    mentions: list[str]
    mentions_room: bool
    pinned: bool
    edited_at: Timestamp | None
    deleted_at: Timestamp | None
    created_at: Timestamp
    client_id: str | None


class MessagePage(AnswerModel):
    items: list[Message]
    has_more: bool


class Revision(AnswerModel):
    """What a message said until the entry `seq`."""

    seq: int
    content: str
    written_at: Timestamp
    replaced_at: Timestamp


class Unread(AnswerModel):
    """Where the caller stands in a room; counts stop at 1,000."""

    room_id: str
    last_seq: int
    last_at: Timestamp | None
    read_seq: int
    unread: int
    mentions: int


class UnreadList(AnswerModel):
    items: list[Unread]


class Scheduled(AnswerModel):
    """A message for later. With an `error` (the code of a refusal) it was not sent, and will not be."""

    id: str
    room_id: str
    content: str
    reply_to: str | None
    attachments: list[str]
    send_at: Timestamp
    client_id: str | None
    error: str | None
    created_at: Timestamp


class Held(AnswerModel):
    """A text that a moderator has to look at first; nobody but its author sees it until then.

    Approved, a message has this `id`; an edit is of `message_id`. `reason` is the rule, `screened` for a person of whom
    everything is looked at, or `review` while the review is away; of a rejected one, why. `note` is the moderator's.
    """

    id: str
    kind: Literal["message", "edit"]
    room_id: str
    message_id: str | None
    content: str
    reply_to: str | None
    attachments: list[dict[str, Any]]
    client_id: str | None
    status: Literal["waiting", "rejected"]
    reason: str | None
    note: str | None
    created_at: Timestamp
    decided_at: Timestamp | None
