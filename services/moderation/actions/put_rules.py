"""Replace a room's automatic rules; the review of every replica reads them anew."""

from services.moderation.access import require_room, standing_of
from services.moderation.actions.note import note
from services.moderation.audit import Act
from services.moderation.policy import may_moderate
from services.moderation.rules.schemas import Rules
from services.moderation.store import revisions
from services.moderation.store import rules as store
from shared.caller import Caller
from shared.database import WriteSession


def put_rules(tx: WriteSession, caller: Caller, room_id: str, rules: Rules) -> Rules:
    """These rules and no others from now on."""
    room = require_room(tx, room_id)
    may_moderate(standing_of(tx, room, caller))
    if rules == Rules():
        store.drop(tx, room_id)
    else:
        store.put(tx, room_id, rules.model_dump_json())
    revisions.advance(tx, room_id)
    on = [name for name, rule in rules.model_dump().items() if rule]
    note(tx, Act(tx.now, caller.user_id, "set_rules", room_id, room_id, ", ".join(on) or "all off"))
    return rules
