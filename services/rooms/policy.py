"""Who may do what in a room. Pure rules: no I/O, no clock, every cell of the table is a test.

Two ladders meet here. A person stands somewhere in the room (member, moderator, owner) and somewhere in the house
(user, moderator, admin); the house outranks the room. Direct rooms have no ladder: two people, nobody above.
"""

from dataclasses import dataclass
from typing import Literal

from shared.problems import Conflict, Forbidden, NotFound

Kind = Literal["public", "private", "direct"]
RoomRole = Literal["owner", "moderator", "member"]

_ROOM_RANK = {None: 0, "member": 1, "moderator": 2, "owner": 3}
_HOUSE_RANK = {"user": 0, "moderator": 4, "admin": 5}


@dataclass(frozen=True, slots=True)
class Standing:
    """One person in front of one room."""

    kind: str
    room_role: str | None
    house_role: str

    @property
    def rank(self) -> int:
        """Where the person stands on both ladders together."""
        return max(_ROOM_RANK[self.room_role], _HOUSE_RANK.get(self.house_role, 0))


def no_such_room() -> NotFound:
    """One answer for rooms that are not there and rooms that are not shown."""
    return NotFound("There is no such room.")


def can_see(who: Standing) -> bool:
    """Public rooms are for everyone, others for their members; the house's staff sees all but conversations of two."""
    if who.room_role is not None or who.kind == "public":
        return True
    return who.kind == "private" and who.house_role in ("moderator", "admin")


def must_see(who: Standing) -> None:
    """404 for what is not visible, before any rule that would give it away."""
    if not can_see(who):
        raise no_such_room()


def may_edit(who: Standing) -> None:
    """Settings belong to the owner, the room's moderators and admins."""
    _require_ladder(who)
    if who.room_role not in ("owner", "moderator") and who.house_role != "admin":
        raise Forbidden("not_allowed", "Only the owner and the moderators of this room may change it.")


def may_delete(who: Standing) -> None:
    """Only the owner or an admin ends a room."""
    _require_ladder(who)
    if who.room_role != "owner" and who.house_role != "admin":
        raise Forbidden("not_allowed", "Only the owner of this room may delete it.")


def may_set_retention(who: Standing) -> None:
    """Only the owner or an admin says after which time the room forgets."""
    _require_ladder(who)
    if who.room_role != "owner" and who.house_role != "admin":
        raise Forbidden("not_allowed", "Only the owner of this room may say how long messages are kept.")


def may_leave(who: Standing) -> None:
    """A direct room always has exactly its two people."""
    _require_ladder(who)


def may_invite(who: Standing) -> None:
    """Invitations are made, listed and withdrawn by those who run the room."""
    _require_ladder(who)
    if who.room_role not in ("owner", "moderator") and who.house_role != "admin":
        raise Forbidden("not_allowed", "Only the owner and the moderators of this room may invite.")


def may_kick(who: Standing, target: Standing) -> None:
    """Owner, room moderators and the house's staff, and only downwards."""
    _require_ladder(who)
    if who.room_role not in ("owner", "moderator") and who.house_role not in ("moderator", "admin"):
        raise Forbidden("not_allowed", "Only the owner and the moderators of this room may remove somebody.")
    if who.rank <= target.rank:
        raise Forbidden("role_too_high", "Nobody removes somebody of the same or a higher role.")


def may_set_role(who: Standing, target_role: str, new_role: str) -> None:
    """Owner or admin; ownership is passed on by naming the next owner, never by stepping down."""
    _require_ladder(who)
    if who.room_role != "owner" and who.house_role != "admin":
        raise Forbidden("not_allowed", "Only the owner of this room may change roles.")
    if target_role == "owner" and new_role != "owner":
        raise Conflict("last_owner", "A room keeps its owner: name another owner instead.")


def must_have_room(member_count: int, max_members: int | None) -> None:
    """409 when the room holds as many as it may, or more since its limit was lowered."""
    if max_members is not None and member_count >= max_members:
        raise Conflict("room_full", "This room has as many members as it may have.")


def _require_ladder(who: Standing) -> None:
    must_see(who)
    if who.kind == "direct":
        raise Forbidden("direct_room", "A direct room always is what it is.")
