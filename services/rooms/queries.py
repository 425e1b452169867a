"""What can be read. A list is asked for the rows after a sort key, as many as the page fetches."""

from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Column, Select, and_, case, func, or_, select, union
from sqlalchemy.sql.elements import ColumnElement

from services.rooms.access import enter
from services.rooms.models import direct_rooms, invites, members, rooms, users
from services.rooms.policy import may_edit, may_invite
from services.rooms.schemas import DirectRoom, Invitation, Room
from services.rooms.store.invites import COLUMNS as INVITE_COLUMNS
from services.rooms.store.invites import InviteRow
from services.rooms.store.members import COLUMNS as MEMBER_COLUMNS
from services.rooms.store.members import MemberRow
from services.rooms.store.rooms import COLUMNS as ROOM_COLUMNS
from services.rooms.store.rooms import RoomRow, alive, fold
from shared.caller import Caller
from shared.database import ReadSession


def show_room(tx: ReadSession, caller: Caller, room_id: str) -> Room:
    """One room, if the caller sees it."""
    room, standing = enter(tx, caller, room_id)
    return Room.of(room, standing.room_role)


def require_editor(tx: ReadSession, caller: Caller, room_id: str) -> None:
    """Refuse who may not change the room before anything else is said about the change."""
    _, standing = enter(tx, caller, room_id)
    may_edit(standing)


def list_rooms(
    tx: ReadSession,
    caller: Caller,
    *,
    q: str | None,
    mine: bool,
    kind: str | None,
    after: str | None,
    fetch: int,
) -> list[Room]:
    """Public rooms and the caller's own, newest first.

    Each half walks its own index no further than one page needs, so that it does not matter how many private rooms of
    others lie between. README.md has the plans.
    """
    wanted = [alive(tx.now), *_named(tx, q)]
    halves = [_newest(_own(caller, kind, wanted), members.c.room_id, after, fetch)]
    if not mine and kind in (None, "public"):
        public = select(rooms.c.id).where(rooms.c.kind == "public", *wanted)
        halves.append(_newest(public, rooms.c.id, after, fetch))
    page = union(*halves).subquery()
    in_room = and_(members.c.room_id == rooms.c.id, members.c.user_id == caller.user_id)
    query = select(*ROOM_COLUMNS, members.c.role).join(page, page.c.id == rooms.c.id).outerjoin(members, in_room)
    found = tx.execute(query.order_by(rooms.c.id.desc()).limit(fetch))
    return [Room.of(RoomRow(*row[:-1]), row[-1]) for row in found]


def list_direct(tx: ReadSession, caller: Caller, after: str | None, fetch: int) -> list[DirectRoom]:
    """The caller's conversations of two, newest first."""
    pair = direct_rooms.c
    other_id = case((pair.low_id == caller.user_id, pair.high_id), else_=pair.low_id)
    page = _newest(_own(caller, "direct", []), members.c.room_id, after, fetch).subquery()
    query = (
        select(*ROOM_COLUMNS, users.c.public)
        .join_from(page, rooms, page.c.id == rooms.c.id)
        .join(direct_rooms, pair.room_id == rooms.c.id)
        .join(users, users.c.id == other_id)
    )
    found = tx.execute(query.order_by(rooms.c.id.desc()))
    return [DirectRoom.between(RoomRow(*row[:-1]), orjson.loads(row[-1])) for row in found]


def list_members(
    tx: ReadSession, caller: Caller, room_id: str, after: tuple[datetime, str] | None, fetch: int
) -> list[MemberRow]:
    """Who is in the room, longest-standing first."""
    enter(tx, caller, room_id)
    query = select(*MEMBER_COLUMNS).join_from(members, users).where(members.c.room_id == room_id)
    if after is not None:
        joined_at, user_id = after
        later = and_(members.c.joined_at == joined_at, members.c.user_id > user_id)
        query = query.where(members.c.joined_at >= joined_at, or_(members.c.joined_at > joined_at, later))
    found = tx.execute(query.order_by(members.c.joined_at, members.c.user_id).limit(fetch))
    return [MemberRow(*row) for row in found]


def list_invites(tx: ReadSession, caller: Caller, room_id: str, after: str | None, fetch: int) -> list[InviteRow]:
    """The room's invitations that still open it."""
    _, standing = enter(tx, caller, room_id)
    may_invite(standing)
    query = select(*INVITE_COLUMNS).where(invites.c.room_id == room_id, invites.c.expires_at > tx.now)
    if after is not None:
        query = query.where(invites.c.code > after)
    found = tx.execute(query.order_by(invites.c.code).limit(fetch))
    return [InviteRow(*row) for row in found]


def list_own_invites(tx: ReadSession, caller: Caller, after: str | None, fetch: int) -> list[Invitation]:
    """Where the caller was invited by name and is not in yet, newest room first."""
    is_member = select(members.c.user_id).where(members.c.room_id == rooms.c.id, members.c.user_id == caller.user_id)
    query = (
        select(*ROOM_COLUMNS, users.c.public, invites.c.expires_at, invites.c.created_at)
        .join_from(invites, rooms, invites.c.room_id == rooms.c.id)
        .join(users, users.c.id == invites.c.created_by)
        .where(invites.c.user_id == caller.user_id, invites.c.expires_at > tx.now, invites.c.uses < invites.c.max_uses)
        .where(alive(tx.now), ~is_member.exists())
    )
    if after is not None:
        query = query.where(invites.c.room_id < after)
    found = tx.execute(query.order_by(invites.c.room_id.desc()).limit(fetch))
    return [_invitation(*row) for row in found]


def _invitation(*row: Any) -> Invitation:
    *room, by, expires_at, created_at = row
    shown = Room.of(RoomRow(*room), None)
    return Invitation(room=shown, by=orjson.loads(by), expires_at=expires_at, created_at=created_at)


def _named(tx: ReadSession, q: str | None) -> list[ColumnElement[bool]]:
    # Not LIKE: for what it takes to be rare PostgreSQL reads the whole table and sorts, instead of walking the index.
    position = func.instr if tx.dialect == "sqlite" else func.strpos
    return [position(rooms.c.name_key, fold(q)) > 0] if q else []


def _own(caller: Caller, kind: str | None, wanted: list[ColumnElement[bool]]) -> Select[str]:
    # A scalar subquery is looked up for each membership in turn; a join could be made by walking everybody's rooms.
    room = select(rooms.c.id).where(rooms.c.id == members.c.room_id, *wanted)
    if kind is not None:
        room = room.where(rooms.c.kind == kind)
    is_wanted = room.correlate(members).scalar_subquery().is_not(None)
    return select(members.c.room_id.label("id")).where(members.c.user_id == caller.user_id, is_wanted)


def _newest(query: Select[str], room_id: Column[str], after: str | None, fetch: int) -> Select[str]:
    if after is not None:
        query = query.where(room_id < after)
    # SQLite takes ORDER BY and LIMIT in a part of a UNION only inside a subquery.
    return select(query.order_by(room_id.desc()).limit(fetch).subquery().c.id)
