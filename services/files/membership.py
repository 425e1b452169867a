"""Who is in which room: our own copy, and one look at rooms' newest events before anybody is refused."""

from collections.abc import Collection

from services.files import queries
from services.files.actions.require_uploader import require_uploader
from services.files.policy import ROOM_ROLES
from shared.database import Database
from shared.inbox import Inbox

_CATCH_UP = 2.0


class Membership:
    """Answers from the copy. Rooms' news may be a moment late, so nobody is refused before catching up with it."""

    def __init__(self, db: Database, inbox: Inbox) -> None:
        self._db = db
        self._inbox = inbox

    async def role(self, room_id: str, user_id: str, *, enough: Collection[str] = ROOM_ROLES) -> str | None:
        """The person's role in the room, None for non-members. When it is not one of `enough`, catches up and looks
        again; raises Unavailable when that can't be done because rooms is away.
        """
        role = await self._db.read(queries.room_role, room_id, user_id)
        if role not in enough:
            await self._inbox.catch_up("rooms", timeout=_CATCH_UP)
            role = await self._db.read(queries.room_role, room_id, user_id)
        return role

    async def require_uploader(self, room_id: str, user_id: str) -> None:
        """Return when the person may put files into the room; raises what refuses them, and Unavailable as above."""
        if await self.role(room_id, user_id) is None:
            await self._db.read(require_uploader, room_id, user_id)
