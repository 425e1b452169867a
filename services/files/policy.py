"""Who may do what with a file. Pure rules: a file that one may not see does not exist for one."""

from services.files.kinds import INLINE
from shared.caller import Caller
from shared.problems import Forbidden, NotFound, Problem

ROOM_ROLES = frozenset({"owner", "moderator", "member"})
KEEPERS = frozenset({"owner", "moderator"})
_STAFF = frozenset({"moderator", "admin"})  # roles in the whole system


def may_upload(room_role: str | None, *, in_public: bool) -> None:
    """Only members put files into a room; for anybody else there is none, unless everybody may see it."""
    if room_role is not None:
        return
    if in_public:
        raise Forbidden("not_a_member", "Join the room before you put files into it.")
    raise NotFound("There is no such room.")


def may_see(caller: Caller, uploaded_by: str, room_role: str | None) -> None:
    """Members of the room, and who uploaded the file."""
    if room_role is None and caller.user_id != uploaded_by:
        raise no_such_file()


def may_fetch(room_role: str | None) -> None:
    """Only members: who has left, or was removed, gets nothing more of a room, own uploads included."""
    if room_role is None:
        raise no_such_file()


def may_always_delete(caller: Caller, uploaded_by: str, *, between_two: bool) -> bool:
    """Who needs no role in the room to delete a file: its uploader, the system's moderators and admins.

    Over a conversation of two nobody stands: what is in it goes by way of a report.
    """
    return caller.user_id == uploaded_by or (caller.role in _STAFF and not between_two)


def may_delete(caller: Caller, uploaded_by: str, room_role: str | None, *, between_two: bool) -> None:
    """They, and the room's owner and moderators."""
    if not may_always_delete(caller, uploaded_by, between_two=between_two) and room_role not in KEEPERS:
        may_see(caller, uploaded_by, room_role)
        raise Forbidden("forbidden", "Only who uploaded the file and the room's moderators may delete it.")


def within_quota(used: int, size: int, quota: int) -> None:
    """Refuse what would make a person's files more than they may be."""
    if used + size > quota:
        raise Problem(413, "quota_exceeded", "Your files take all the space you have. Delete some first.")


def disposition(content_type: str) -> str:
    """Whether a browser may show the content in place."""
    return "inline" if content_type in INLINE else "attachment"


def no_such_file() -> NotFound:
    """The one answer for files that are not there and for those that are none of the caller's business."""
    return NotFound("There is no such file.")
