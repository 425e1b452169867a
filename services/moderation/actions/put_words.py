"""Replace the word lists of the house or of a room; the review of every replica reads them anew."""

from services.moderation.access import require_room, standing_of
from services.moderation.actions.note import note
from services.moderation.audit import Act
from services.moderation.policy import may_moderate, require_admin
from services.moderation.schemas import HouseWords, RoomWords
from services.moderation.store import revisions, words
from shared.caller import Caller
from shared.database import WriteSession


def put_house_words(tx: WriteSession, caller: Caller, lists: HouseWords) -> HouseWords:
    """What rooms with a word policy find beside the list of the service, and what is refused everywhere."""
    require_admin(caller.role)
    words.put(tx, words.HOUSE, lists.model_dump())
    revisions.advance(tx, words.HOUSE)
    note(tx, Act(tx.now, caller.user_id, "set_words", words.HOUSE, None, _summary(lists)))
    return lists


def put_room_words(tx: WriteSession, caller: Caller, room_id: str, lists: RoomWords) -> RoomWords:
    """What this room blocks and allows beside the house."""
    room = require_room(tx, room_id)
    may_moderate(standing_of(tx, room, caller))
    words.put(tx, room_id, lists.model_dump())
    revisions.advance(tx, room_id)
    note(tx, Act(tx.now, caller.user_id, "set_words", room_id, room_id, _summary(lists)))
    return lists


def _summary(lists: RoomWords) -> str:
    return ", ".join(f"{len(words)} {name}" for name, words in lists.model_dump().items())
