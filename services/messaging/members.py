"""Membership as entries of the room's order: what rooms committed, applied here in the order of its events."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import delete, insert, select, update

from services.messaging.actions.announce import announce
from services.messaging.models import departures, held, members, rooms, users
from services.messaging.timeline import RoomHead, Timeline
from shared.anonymise import anonymised
from shared.database import WriteSession


def create_room(tx: WriteSession, state: Mapping[str, Any], initial: list[Mapping[str, Any]]) -> None:
    """A room begins; its first members are its first entries. A room told of again is only brought up to date."""
    if tx.execute(select(rooms.c.id).where(rooms.c.id == state["id"])).scalar_one_or_none() is None:
        text = orjson.dumps(state).decode()
        tx.execute(insert(rooms).values(id=state["id"], state=text, kind=state["kind"], member_count=0, head_seq=0))
    for member in initial:
        join(tx, state["id"], member)


def join(tx: WriteSession, room_id: str, member: Mapping[str, Any]) -> None:
    """Somebody is in the room from this entry on."""
    log = Timeline(tx)
    room = log.room(room_id)
    member = _as_known(tx, member)
    if _role(tx, room_id, member["user_id"]) is not None:
        return
    body = {"user_id": member["user_id"], "member": dict(member)}
    entry = log.append(room, "member.joined", body)
    tx.execute(
        insert(members).values(
            room_id=room_id,
            user_id=member["user_id"],
            role=member["role"],
            joined_at=datetime.fromisoformat(member["joined_at"]),
            joined_seq=entry.seq,
        )
    )
    tx.execute(delete(departures).where(_departed(room_id, member["user_id"])))
    _count(tx, room, +1)
    log.flush()


def leave(tx: WriteSession, room_id: str, user_id: str, reason: str, by: str | None) -> None:
    """Somebody is out of the room: nothing after this entry comes from them or goes to them."""
    log = Timeline(tx)
    room = log.room(room_id)
    if _role(tx, room_id, user_id) is None:
        return
    body = {"user_id": user_id, "reason": reason, "by": by}
    entry = log.append(room, "member.left", body, removes=user_id)
    remove(tx, room, user_id, reason, entry.seq)
    log.flush()


def remove(tx: WriteSession, room: RoomHead, user_id: str, reason: str, seq: int) -> None:
    """Forget the membership that entry `seq` ended; who was none is remembered as put out all the same."""
    left = tx.execute(delete(members).where(members.c.room_id == room.id, members.c.user_id == user_id)).rowcount
    tx.execute(delete(departures).where(_departed(room.id, user_id)))
    tx.execute(insert(departures).values(room_id=room.id, user_id=user_id, reason=reason, seq=seq))
    if left:
        _count(tx, room, -1)


def forgive(tx: WriteSession, room_id: str, user_id: str) -> None:
    """Who was put out by a ban that is over is a stranger now, like others."""
    tx.execute(delete(departures).where(_departed(room_id, user_id), departures.c.reason == "banned"))


def change_role(tx: WriteSession, room_id: str, user_id: str, role: str, by: str | None = None) -> None:
    """A member's role in the room is another from this entry on; `by` is who gave it."""
    log = Timeline(tx)
    room = log.room(room_id)
    if _role(tx, room_id, user_id) in (None, role):
        return
    tx.execute(update(members).where(members.c.room_id == room_id, members.c.user_id == user_id).values(role=role))
    log.append(room, "member.updated", {"user_id": user_id, "role": role, "by": by})
    log.flush()


def update_room(tx: WriteSession, state: Mapping[str, Any], by: str | None = None) -> None:
    """The room's settings are others from this entry on; `by` is who changed them."""
    log = Timeline(tx)
    room = log.room(state["id"])
    if room.state == state:
        return
    told = {"state": orjson.dumps(state).decode(), "kind": state["kind"]}
    tx.execute(update(rooms).where(rooms.c.id == room.id).values(**told))
    shown = {**state, "member_count": room.member_count, "my_role": None}
    message = announce(tx, room, state, by)
    log.append(room, "room.updated", {"room": shown, "by": by, **({"message": message} if message else {})})
    log.flush()


def delete_room(tx: WriteSession, room_id: str, reason: str | None = None, by: str | None = None) -> None:
    """The room's last entry, why it ended, and who ended it."""
    log = Timeline(tx)
    room = log.room(room_id)
    log.append(room, "room.deleted", {"reason": reason, "by": by})
    log.flush()
    tx.execute(update(rooms).where(rooms.c.id == room_id).values(deleted_at=tx.now, member_count=0))
    tx.execute(delete(members).where(members.c.room_id == room_id))
    tx.execute(delete(held).where(held.c.room_id == room_id))


def _role(tx: WriteSession, room_id: str, user_id: str) -> str | None:
    return tx.execute(
        select(members.c.role).where(members.c.room_id == room_id, members.c.user_id == user_id)
    ).scalar_one_or_none()


def _departed(room_id: str, user_id: str) -> Any:
    return (departures.c.room_id == room_id) & (departures.c.user_id == user_id)


def _count(tx: WriteSession, room: RoomHead, change: int) -> None:
    room.member_count += change
    tx.execute(update(rooms).where(rooms.c.id == room.id).values(member_count=room.member_count))


def _as_known(tx: WriteSession, member: Mapping[str, Any]) -> Mapping[str, Any]:
    """The member, remembered if we had not heard of them; rooms may not know yet that somebody is gone."""
    deleted = tx.execute(select(users.c.deleted).where(users.c.id == member["user_id"])).scalar_one_or_none()
    if deleted:
        return dict(anonymised(dict(member), member["user_id"]))
    if deleted is None:
        tx.execute(
            insert(users).values(
                id=member["user_id"],
                username=member["username"],
                display_name=member["display_name"],
                avatar_url=None,
                deleted=False,
                username_key=member["username"].lower(),
            )
        )
    return member
