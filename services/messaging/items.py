"""A gateway's item as a command of ours. Whatever one item gets wrong is that item's refusal alone."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from services.messaging.commands import Command, Delete, Edit, MarkRead, React, Send, Unreact
from services.messaging.emojis import canonical_emoji
from services.messaging.policy import MAX_ATTACHMENTS, MAX_CONTENT, sane_text, valid_unicode
from services.messaging.reading import convert
from shared.caller import Caller
from shared.clock import in_milliseconds
from shared.problems import Invalid, Problem

_Id = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
_ClientId = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class _Item(msgspec.Struct, kw_only=True, tag_field="op"):
    by: int
    room_id: str


class _Send(_Item, tag="send", kw_only=True):
    content: str
    client_id: _ClientId
    reply_to: str | None = None
    attachments: Annotated[tuple[_Id, ...], msgspec.Meta(max_length=MAX_ATTACHMENTS)] = ()
    send_at: datetime | None = None


class _OnMessage(_Item, kw_only=True):
    message_id: _Id
    client_id: _ClientId | None = None


class _Edit(_OnMessage, tag="edit", kw_only=True):
    content: str


class _Delete(_OnMessage, tag="delete", kw_only=True):
    pass


class _React(_OnMessage, tag="react", kw_only=True):
    emoji: str


class _Unreact(_OnMessage, tag="unreact", kw_only=True):
    emoji: str


class _Read(_Item, tag="read"):
    seq: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


Item = _Send | _Edit | _Delete | _React | _Unreact | _Read


def command_of(item: Any, callers: list[Caller | Problem]) -> Command:
    """The command; raises the Problem of what is wrong with it or its caller."""
    if isinstance(item, dict):
        item.setdefault("op", "send")
    form: Item = convert(item, Item)  # type: ignore[arg-type]
    if not 0 <= form.by < len(callers):
        raise Invalid("invalid_command", "The command names no caller.")
    caller = callers[form.by]
    if isinstance(caller, Problem):
        raise caller
    return _made(form, {"user_id": caller.user_id, "role": caller.role})


def _made(form: Item, who: dict[str, str]) -> Command:
    if isinstance(form, _Read):
        return MarkRead(**who, room_id=form.room_id, seq=form.seq)
    if form.client_id is not None:
        _checked(sane_text, form.client_id, "client_id")
    if isinstance(form, _Send):
        return _send(form, who)
    about: Any = {**who, "room_id": form.room_id, "message_id": form.message_id, "client_id": form.client_id}
    match form:
        case _Edit():
            return Edit(**about, content=_content(form.content))
        case _React():
            return React(**about, emoji=canonical_emoji(form.emoji))
        case _Unreact():
            return Unreact(**about, emoji=canonical_emoji(form.emoji))
    return Delete(**about)


def _send(form: _Send, who: Any) -> Send:
    return Send(
        **who,
        room_id=form.room_id,
        content=_content(form.content, may_be_empty=bool(form.attachments)),
        client_id=form.client_id,
        reply_to=form.reply_to,
        attachments=form.attachments,
        send_at=_moment(form.send_at),
    )


def _content(text: str, *, may_be_empty: bool = False) -> str:
    if len(text) > MAX_CONTENT:
        raise Invalid("too_long", f"A message has at most {MAX_CONTENT} characters.")
    return _checked(valid_unicode if may_be_empty else sane_text, text, "content")


def _checked(check: Any, text: str, what: str) -> str:
    try:
        checked: str = check(text)
    except ValueError as error:
        raise Invalid("invalid_content", f"The {what} {error}.") from None
    return checked


def _moment(at: datetime | None) -> datetime | None:
    if at is None:
        return None
    if at.tzinfo is None:
        raise Invalid("invalid_send_at", "`send_at` needs a zone, for example 2026-11-23T03:36:00Z.")
    try:
        return in_milliseconds(at)
    except OverflowError:
        raise Invalid("invalid_send_at", "`send_at` can't be written in UTC.") from None
