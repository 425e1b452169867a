"""Who may moderate whom. Pure rules: no I/O, no clock, every cell of the table is a test.

Two ladders meet here. A person stands somewhere in the room (member, moderator, owner) and somewhere in the house
(user, moderator, admin); the house outranks the room. In a room nobody acts against a superior or themselves; against
an account, nobody against an equal either. Direct rooms have no ladder: two people, nobody above.
"""

from dataclasses import dataclass

from shared.problems import Forbidden, NotFound

_ROOM_RANK = {None: 0, "member": 1, "moderator": 2, "owner": 3}
_HOUSE_RANK = {"user": 0, "moderator": 4, "admin": 5}


@dataclass(frozen=True, slots=True)
class Standing:
    """One person in front of one room; `kind` is None in front of the whole house."""

    kind: str | None
    room_role: str | None
    house_role: str

    @property
    def rank(self) -> int:
        """Where the person stands on both ladders together."""
        return max(_ROOM_RANK.get(self.room_role, 0), _HOUSE_RANK.get(self.house_role, 0))


def outranks(who: Standing, target: Standing) -> bool:
    """Whether the first stands above: room owner > room moderator > member, then house moderator and admin."""
    return who.rank > target.rank


def no_such_room() -> NotFound:
    """One answer for rooms that are not there and rooms that are not shown."""
    return NotFound("There is no such room.")


def must_see(who: Standing) -> None:
    """404 for what is not visible, before any rule that would give it away."""
    staff_sees = who.kind == "private" and who.house_role in ("moderator", "admin")
    if who.room_role is None and who.kind != "public" and not staff_sees:
        raise no_such_room()


def may_moderate(who: Standing) -> None:
    """The room's owner and moderators, and the house's staff."""
    must_see(who)
    if who.kind == "direct":
        raise Forbidden("direct_room", "Nobody moderates a direct room; report the message instead.")
    if who.room_role not in ("owner", "moderator") and who.house_role not in ("moderator", "admin"):
        raise Forbidden("not_allowed", "Only the owner and the moderators of this room may do this.")


def may_look_after(who: Standing) -> None:
    """Who decides about texts that wait: those who moderate the room; between two people, the house's staff."""
    if who.kind != "direct":
        may_moderate(who)
    elif who.house_role not in ("moderator", "admin"):
        must_see(who)
        raise Forbidden("direct_room", "Nobody moderates a direct room.")


def may_restrict(who: Standing, target: Standing) -> None:
    """Never upwards, for setting and for lifting."""
    may_moderate(who)
    if outranks(target, who):
        raise Forbidden("role_too_high", "Nobody moderates somebody of a higher role.")


def must_be_another(user_id: str, target_id: str) -> None:
    """403 against oneself: else who was muted by an equal would lift it."""
    if user_id == target_id:
        raise Forbidden("yourself", "Nobody moderates themselves.")


def must_outrank(who: Standing, target: Standing) -> None:
    """403 against an equal or a superior."""
    if not outranks(who, target):
        raise Forbidden("role_too_high", "Nobody moderates somebody of the same or a higher role.")


def require_staff(house_role: str) -> None:
    """What moderators of the house may do everywhere."""
    if house_role not in ("moderator", "admin"):
        raise Forbidden("not_allowed", "Only the house's moderators and admins may do this.")


def require_admin(house_role: str) -> None:
    """What is for admins alone."""
    if house_role != "admin":
        raise Forbidden("not_allowed", "Only admins may do this.")
