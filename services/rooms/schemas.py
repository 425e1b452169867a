"""The shapes of the rooms API: what may be sent (strict, nothing unknown) and what is answered."""

import unicodedata
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from services.rooms.policy import Kind, RoomRole
from services.rooms.store.rooms import RoomRow
from shared.clock import Timestamp
from shared.ids import Id
from shared.problems import Invalid
from shared.schemas import AnswerModel, RequestModel

OpenKind = Literal["public", "private"]
Profanity = Literal["off", "mask", "block"]
_TEN_YEARS = 10 * 366 * 24 * 3600
_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _readable(text: str, allowed: str = "") -> str:
    """Refuse what would lie to the reader: control characters, lone surrogates, changes of direction."""
    text = unicodedata.normalize("NFC", text).strip()
    for char in text:
        if char in _REORDERING or (char not in allowed and unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")):
            raise ValueError(f"U+{ord(char):04X} is not allowed here")
    return text


def _name(text: str) -> str:
    text = _readable(text)
    if not any(unicodedata.category(char)[0] in "LNPS" for char in text):
        raise ValueError("a name needs at least one visible character")
    return text


def _description(text: str) -> str:
    return _readable(text, allowed="\n\t")


Name = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_name)]
Description = Annotated[str, Field(max_length=500), AfterValidator(_description)]
SlowMode = Annotated[int, Field(ge=0, le=21_600)]
Seconds = Annotated[int, Field(ge=1, le=_TEN_YEARS)]
MemberLimit = Annotated[int, Field(ge=1, le=100_000)]
Days = Annotated[int, Field(ge=1, le=3_650)]
When = Annotated[Timestamp, Field(strict=False)]


_MAX_MEMBERS = Field(default=None, description="How many may be in the room; nobody is removed for it.")
_RETENTION_DAYS = Field(default=None, description="Messages are deleted after so many days; the owner's to say.")


class _Input(RequestModel):
    model_config = ConfigDict(strict=True)


class _Lifetime(_Input):
    ttl_seconds: Seconds | None = Field(default=None, description="The room disappears after so many seconds.")
    expires_at: When | None = Field(default=None, description="The room disappears at this time.")

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if self.ttl_seconds is not None and self.expires_at is not None:
            raise ValueError("ttl_seconds and expires_at exclude each other")
        return self

    def end(self, now: datetime) -> datetime | None:
        """When the room disappears; None when it stays."""
        if self.ttl_seconds is not None:
            return now + timedelta(seconds=self.ttl_seconds)
        if self.expires_at is None:
            return None
        if not now < self.expires_at <= now + timedelta(seconds=_TEN_YEARS):
            raise Invalid("invalid_expiry", "A room ends in the future, and within ten years.")
        return self.expires_at


class NewRoom(_Lifetime):
    """A room to be made."""

    name: Name
    description: Description = ""
    kind: OpenKind = "public"
    slow_mode_seconds: SlowMode = 0
    profanity: Profanity = "off"
    max_members: MemberLimit | None = _MAX_MEMBERS
    retention_days: Days | None = _RETENTION_DAYS


class RoomChanges(_Lifetime):
    """Any of a room's settings; what is left out stays. A null for either end makes the room permanent, a null for
    the member limit or the retention takes that away.

    The factories only make a field optional without allowing null; their values are never read.
    """

    name: Name = Field(default_factory=str)
    description: Description = Field(default_factory=str)
    kind: OpenKind = Field(default_factory=lambda: "public")
    slow_mode_seconds: SlowMode = Field(default_factory=int)
    profanity: Profanity = Field(default_factory=lambda: "off")
    archived: bool = Field(default_factory=bool, description="Everybody reads, nobody posts.")
    max_members: MemberLimit | None = _MAX_MEMBERS
    retention_days: Days | None = _RETENTION_DAYS

    def values(self, now: datetime) -> dict[str, Any]:
        """What was said, as columns of the room."""
        said = self.model_dump(exclude_unset=True, exclude={"ttl_seconds", "expires_at"})
        if self.model_fields_set & {"ttl_seconds", "expires_at"}:
            said["expires_at"] = self.end(now)
        return said


class JoinRequest(_Input):
    """The code of an invitation; a private room needs one unless the caller was invited by name."""

    invite: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")] | None = None


class RoleChange(_Input):
    """The role a member shall have. Naming an owner passes the room on."""

    role: RoomRole


class NewInvite(_Input):
    """For one named person, or a code for whoever holds it."""

    user_id: Id | None = None
    max_uses: Annotated[int, Field(ge=1, le=10_000)] | None = None
    expires_in: Annotated[int, Field(ge=1, le=31_622_400)] | None = Field(
        default=None, description="Seconds; a week if not said."
    )

    @model_validator(mode="after")
    def _named_or_counted(self) -> Self:
        if self.user_id is not None and self.max_uses is not None:
            raise ValueError("an invitation by name is for one use")
        return self


class Room(AnswerModel):
    """A room, as the caller sees it."""

    id: Id
    name: str
    description: str
    kind: Kind
    owner_id: Id | None
    member_count: int
    my_role: RoomRole | None = None
    slow_mode_seconds: int
    profanity: Profanity
    archived: bool
    max_members: int | None
    retention_days: int | None
    expires_at: Timestamp | None
    created_at: Timestamp
    updated_at: Timestamp

    @classmethod
    def of(cls, row: RoomRow, my_role: str | None) -> Self:
        """The room for somebody with this role in it."""
        return cls.model_validate({**asdict(row), "my_role": my_role})


class User(AnswerModel):
    """A person's public profile: our copy of auth's."""

    id: Id
    username: str
    display_name: str
    bio: str = ""
    avatar_url: str | None = None
    role: str
    created_at: Timestamp


class DirectRoom(Room):
    """A conversation of two; `with` is the other one."""

    with_: User = Field(alias="with")

    @classmethod
    def between(cls, row: RoomRow, other: dict[str, Any]) -> Self:
        """The conversation as one of the two sees it."""
        return cls.model_validate({**asdict(row), "my_role": "member", "with": other})


class Member(AnswerModel):
    """Somebody in a room."""

    user_id: Id
    username: str
    display_name: str
    role: RoomRole
    joined_at: Timestamp


class Invite(AnswerModel):
    """An invitation; one with a `user_id` is for that person, who needs no code."""

    code: str
    expires_at: Timestamp
    max_uses: int | None
    uses: int
    user_id: Id | None
    created_by: Id
    created_at: Timestamp


class Invitation(AnswerModel):
    """An invitation as the invited see it: to which room, by whom, until when. It is joined without a code."""

    room: Room
    by: User
    expires_at: Timestamp
    created_at: Timestamp
