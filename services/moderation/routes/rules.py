"""The automatic rules of a room."""

from fastapi import APIRouter

from services.moderation import queries
from services.moderation.actions.put_rules import put_rules
from services.moderation.rules.schemas import Rules
from services.moderation.wiring import Wired
from shared.caller import SomeCaller
from shared.ids import Id
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1/rooms/{room_id}/rules", tags=["rules"], route_class=StrictRoute)


@router.get("")
async def show_rules(caller: SomeCaller, wired: Wired, room_id: Id) -> Rules:
    """The rules that are on (owner, room moderators, moderators, admins)."""
    await wired.hear()
    text = await wired.db.read(queries.room_rules, caller, room_id)
    return Rules() if text is None else Rules.model_validate_json(text)


@router.put("")
async def change_rules(caller: SomeCaller, wired: Wired, room_id: Id, rules: Rules) -> Rules:
    """In force before the answer here, and on every replica within a second; what is left out is off."""
    await wired.hear()
    kept = await wired.db.write(put_rules, caller, room_id, rules)
    await wired.board.announce()
    return kept
