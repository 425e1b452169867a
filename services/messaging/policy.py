"""Messaging's rules, without I/O."""

from collections.abc import Mapping
from typing import Any

from shared.problems import Forbidden, Invalid


def sane_text(text: str) -> str:
    """The text itself; ValueError when it is blank or holds characters that no database and no screen wants."""
    if not text.strip():
        raise ValueError("must not be blank")
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("must be valid Unicode text without NUL")
    return text


def may_post(role: str | None) -> None:
    """Refuse who is not a member; `role` is the member's, None for anybody else."""
    if role is None:
        raise Forbidden("not_a_member", "Join the room before you post in it.")


def must_be_open(room: Mapping[str, Any]) -> None:
    """Refuse to add to an archived room; `room` is its state as rooms told it."""
    if room.get("archived"):
        raise Forbidden("archived", "This room is archived: it can be read, but nothing is posted in it.")


def accept_verdict(action: str) -> None:
    """Refuse a text that moderation blocks."""
    if action == "block":
        raise Invalid("profanity", "This room does not allow that wording.")
