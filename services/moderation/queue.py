"""What waits for a moderator, as messaging has it: asked for before the transaction begins."""

from collections.abc import Mapping
from typing import Any

from services.moderation.heard import HeldText
from services.moderation.store import held
from shared.bus import Bus
from shared.database import Database
from shared.problems import Problem, Unavailable


class Queue:
    """Asks messaging; only this service may."""

    def __init__(self, db: Database, bus: Bus) -> None:
        self._db = db
        self._bus = bus

    async def page(self, filters: Mapping[str, str | None], after: str, most: int) -> list[HeldText]:
        """As many as wait, longest first, but what was decided about a moment ago. Unavailable without messaging."""
        found: list[HeldText] = []
        while len(found) < most:
            items, more = await self._ask({**filters, "after": after, "limit": most})
            decided = await self._db.read(held.decided, [item.id for item in items])
            found += [item for item in items if item.id not in decided]
            if not items or (not more and len(items) < most):
                break
            after = items[-1].id
        return found[:most]

    async def find(self, held_id: str) -> HeldText | None:
        """The text, if it waits."""
        items, _ = await self._ask({"id": held_id})
        return items[0] if items else None

    async def _ask(self, question: dict[str, Any]) -> tuple[list[HeldText], bool]:
        try:
            answer = await self._bus.request("rpc.messaging.held", question)
        except Problem as problem:
            raise Unavailable("What waits cannot be looked up at the moment.") from problem
        return [HeldText.model_validate(item) for item in answer["items"]], answer["more"]
