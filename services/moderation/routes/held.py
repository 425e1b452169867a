"""The approval queue: texts that a rule or a moderator holds back until somebody has looked at them."""

from typing import Any, Literal

from fastapi import APIRouter, Response

from services.moderation.actions.decide import decide, require_room_queue
from services.moderation.policy import require_staff
from services.moderation.routes.answers import ACCEPTED, settle
from services.moderation.schemas import Held, HeldDecision, Rejection
from services.moderation.wiring import Wired, Wiring
from shared.caller import Caller, SomeCaller
from shared.ids import Id
from shared.paging import Page, Paging
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1/moderation/held", tags=["approval queue"], route_class=StrictRoute)
_ACCEPTED: dict[int | str, dict[str, Any]] = {202: {"model": HeldDecision, **ACCEPTED[202]}}
_NO_REASON = Rejection()


@router.get("", response_model=Page[Held])
async def get_held(
    caller: SomeCaller,
    wired: Wired,
    page: Paging,
    room_id: Id | None = None,
    author_id: Id | None = None,
    kind: Literal["message", "edit"] | None = None,
) -> dict[str, Any]:
    """What waits, longest first: of one room for its moderators, of all rooms for the house's."""
    await wired.hear()
    if room_id is None:
        require_staff(caller.role)
    else:
        await wired.db.read(require_room_queue, caller, room_id)
    filters = {"room_id": room_id, "author_id": author_id, "kind": kind}
    after = "" if page.after is None else str(page.after[0])
    return page.page(await wired.queue.page(filters, after, page.fetch), lambda each: [each.id])


@router.post("/{held_id}/approve", responses=_ACCEPTED)
async def post_approval(caller: SomeCaller, wired: Wired, held_id: Id, response: Response) -> HeldDecision:
    """Let it pass: a message takes its place in the room's order now, an edit is made; before the answer."""
    return await _decide(wired, caller, held_id, "approved", None, response)


@router.post("/{held_id}/reject", responses=_ACCEPTED)
async def post_rejection(
    caller: SomeCaller, wired: Wired, held_id: Id, response: Response, rejection: Rejection = _NO_REASON
) -> HeldDecision:
    """Do not let it pass; its author is told, with the reason."""
    return await _decide(wired, caller, held_id, "rejected", rejection.reason, response)


async def _decide(
    wired: Wiring, caller: Caller, held_id: str, status: str, reason: str | None, response: Response
) -> HeldDecision:
    await wired.hear()
    text = await wired.queue.find(held_id)
    decision, in_order = await wired.timeline.commit(decide, caller, held_id, text, status, reason)
    settle(response, in_order)
    return HeldDecision.model_validate(decision)
