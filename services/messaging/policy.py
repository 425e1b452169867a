"""Messaging's rules, without I/O."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.clock import rfc3339
from shared.problems import Conflict, Forbidden, Invalid, NotFound, TooMany

MAX_CONTENT = 4_000
MAX_ATTACHMENTS = 10
MAX_REACTIONS = 20
MAX_MENTIONS = 20
MAX_PINS = 100
MAX_SCHEDULES = 100
MAX_HELD = 100
HELD_FOR = timedelta(days=30)
_ROOM_MODERATORS = ("owner", "moderator")
_HOUSE_MODERATORS = ("moderator", "admin")


def sane_text(text: str) -> str:
    """The text itself; ValueError when it is blank or holds characters that no database and no screen wants."""
    if not text.strip():
        raise ValueError("must not be blank")
    return valid_unicode(text)


def valid_unicode(text: str) -> str:
    """The text itself; ValueError for NUL and for halves of characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must be valid Unicode text without NUL") from None
    if "\x00" in text:
        raise ValueError("must be valid Unicode text without NUL")
    return text


class NotAMember(Forbidden):
    """403: the room is there for everybody to see, but one has to join it."""

    def __init__(self) -> None:
        super().__init__("not_a_member", "Join the room before you post in it.")


def may_post(role: str | None) -> None:
    """Refuse who is not a member; `role` is the member's, None for anybody else."""
    if role is None:
        raise NotAMember


def must_be_open(room: Mapping[str, Any]) -> None:
    """Refuse to add to an archived room; `room` is its state as rooms told it."""
    if room.get("archived"):
        raise Forbidden("archived", "This room is archived: it can be read, but nothing is posted in it.")


def not_restricted(restrictions: Mapping[str, datetime | None], now: datetime) -> None:
    """Refuse who is banned or muted at this moment; `restrictions` has the end of each kind, None for no end."""
    for kind, words in (("ban", "banned from"), ("mute", "muted in")):
        if kind in restrictions and is_active(restrictions[kind], now):
            until = restrictions[kind]
            end = "" if until is None else f" until {rfc3339(until)}"
            raise Forbidden("banned" if kind == "ban" else "muted", f"You are {words} this room{end}.")


def is_active(expires_at: datetime | None, now: datetime) -> bool:
    """Whether a restriction that ends then is in force."""
    return expires_at is None or expires_at > now


def is_screened(restrictions: Mapping[str, datetime | None], now: datetime) -> bool:
    """Whether a moderator looks at everything that this person writes before others do."""
    return "hold" in restrictions and is_active(restrictions["hold"], now)


def was_rejected() -> Invalid:
    """For the retry of a text that a moderator has turned down."""
    return Invalid("rejected", "A moderator decided that this is not sent.")


def is_house_moderator(house_role: str) -> bool:
    """Whether the person watches over the whole house."""
    return house_role in _HOUSE_MODERATORS


def is_moderator(room_role: str | None, house_role: str) -> bool:
    """Whether the person moderates this room, by its own roles or the house's."""
    return room_role in _ROOM_MODERATORS or is_house_moderator(house_role)


def keep_pace(last: datetime | None, now: datetime, seconds: int) -> None:
    """Refuse who wrote less than so many seconds ago."""
    left = 0.0 if last is None else (last + timedelta(seconds=seconds) - now).total_seconds()
    if left > 0:
        wait = min(seconds, math.ceil(left))
        raise TooMany("slow_mode", f"One message every {seconds} s in this room.", wait, most=1, seconds=seconds)


def accept_verdict(action: str, code: str | None = None) -> None:
    """Refuse a text that moderation blocks."""
    if action == "block":
        raise Invalid(code or "profanity", "This room does not allow that wording.")


def is_author(author_id: str, user_id: str) -> None:
    """Refuse to put words into somebody else's mouth."""
    if author_id != user_id:
        raise Forbidden("not_the_author", "Only its author may edit a message.")


def is_text(kind: str) -> None:
    """Refuse to reword what the house said of somebody's doing."""
    if kind != "text":
        raise Forbidden("system_message", "A message of the system can't be edited.")


def is_there(deleted_at: datetime | None) -> None:
    """Refuse to change a tombstone."""
    if deleted_at is not None:
        raise Conflict("deleted", "The message was deleted.")


def may_delete(author_id: str, user_id: str, room_role: str | None, house_role: str) -> None:
    """Authors and moderators."""
    if author_id != user_id and not is_moderator(room_role, house_role):
        raise Forbidden("not_the_author", "Only its author or a moderator may delete a message.")


def may_pin(kind: str, room_role: str | None, house_role: str) -> None:
    """Moderators, and in a conversation of two either of them."""
    if kind != "direct" and not is_moderator(room_role, house_role):
        raise Forbidden("not_a_moderator", "Only the room's moderators pin messages.")


def may_look_back(room_role: str | None, house_role: str) -> None:
    """What somebody else's message said before is for moderators."""
    if not is_moderator(room_role, house_role):
        raise Forbidden("not_the_author", "Only the author and moderators see what a message said before.")


def room_for_one_more(count: int, most: int, code: str, what: str) -> None:
    """Refuse what would be one too many."""
    if count >= most:
        raise Invalid(code, f"At most {most} {what}.")


def no_such_message() -> NotFound:
    """For messages that are not there, and for those that are not the caller's to see."""
    return NotFound("There is no such message.")
