"""Who is in which room: our own copy, and one look at rooms' newest events before anybody is refused."""

from services.files import queries
from shared.database import Database
from shared.inbox import Inbox

_CATCH_UP = 2.0


class Membership:
    """Answers from the copy. Rooms' news may be a moment late, so a stranger is only one after catching up."""

    def __init__(self, db: Database, inbox: Inbox) -> None:
        self._db = db
        self._inbox = inbox

    async def role(self, room_id: str, user_id: str) -> str | None:
        """The person's role in the room, None for non-members. Raises Unavailable when a stranger can't be told from
        a new member because rooms is away."""
        role = await self._db.read(queries.room_role, room_id, user_id)
        if role is None:
            await self._inbox.catch_up("rooms", timeout=_CATCH_UP)
            role = await self._db.read(queries.room_role, room_id, user_id)
        return role
