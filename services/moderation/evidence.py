"""What was said, as messaging shows it to the one who reports it: asked for before the transaction begins."""

from services.moderation.heard import Snapshot
from shared.bus import Bus
from shared.problems import NotFound, Problem, Unavailable


class Evidence:
    """Asks messaging; only this service may."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def snapshot(self, message_id: str, user_id: str) -> Snapshot:
        """The message and its surroundings. NotFound unless that person sees it, Unavailable without messaging."""
        question = {"message_id": message_id, "user_id": user_id}
        try:
            answer = await self._bus.request("rpc.messaging.snapshot", question)
        except Problem as problem:
            if problem.status == 404:
                raise NotFound("There is no such message.") from None
            raise Unavailable("The message cannot be looked up at the moment.") from problem
        return Snapshot.model_validate(answer)
