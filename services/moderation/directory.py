"""People we have not heard of yet are asked for, before the transaction that needs them begins."""

from services.moderation.heard import Profile
from services.moderation.store import users
from shared.bus import Bus
from shared.database import Database, WriteSession
from shared.problems import Problem, Unavailable


class Directory:
    """Our copy of auth's users, completed on demand: auth's events may still be on their way."""

    def __init__(self, db: Database, bus: Bus) -> None:
        self._db = db
        self._bus = bus

    async def meet(self, *user_ids: str) -> None:
        """See to it that those who exist are in the copy; Unavailable when auth would have to say and is away."""
        unknown = set(user_ids) - await self._db.read(users.known, user_ids)
        if unknown:
            await self._db.write(_learn, await self._ask(sorted(unknown)))

    async def _ask(self, user_ids: list[str]) -> list[Profile]:
        try:
            answer = await self._bus.request("rpc.auth.users", {"ids": user_ids})
        except Problem as problem:
            raise Unavailable("Who this is cannot be looked up at the moment.") from problem
        return [Profile.model_validate(each) for each in answer["users"]]


def _learn(tx: WriteSession, profiles: list[Profile]) -> None:
    for profile in profiles:
        users.learn(tx, profile.id, profile.role)
