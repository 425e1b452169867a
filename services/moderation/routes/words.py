"""The word lists of the house and of rooms."""

from fastapi import APIRouter

from services.moderation import queries
from services.moderation.actions.put_words import put_house_words, put_room_words
from services.moderation.schemas import HouseWords, RoomWords
from services.moderation.wiring import Wired
from shared.caller import SomeCaller
from shared.ids import Id
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["words"], route_class=StrictRoute)


@router.get("/moderation/words")
async def show_words(caller: SomeCaller, wired: Wired) -> HouseWords:
    """What admins added to the list that comes with the service, and took from it (admins)."""
    return HouseWords.model_validate(await wired.db.read(queries.house_words, caller))


@router.put("/moderation/words")
async def change_words(caller: SomeCaller, wired: Wired, lists: HouseWords) -> HouseWords:
    """In force before the answer here, and on every replica within a second (admins)."""
    kept = await wired.db.write(put_house_words, caller, lists)
    await wired.board.announce()
    return kept


@router.get("/rooms/{room_id}/words")
async def show_room_words(caller: SomeCaller, wired: Wired, room_id: Id) -> RoomWords:
    """What the room blocks and allows beside the house (owner, room moderators, moderators, admins)."""
    await wired.hear()
    return RoomWords.model_validate(await wired.db.read(queries.room_words, caller, room_id))


@router.put("/rooms/{room_id}/words")
async def change_room_words(caller: SomeCaller, wired: Wired, room_id: Id, lists: RoomWords) -> RoomWords:
    """In force before the answer here, and on every replica within a second."""
    await wired.hear()
    kept = await wired.db.write(put_room_words, caller, room_id, lists)
    await wired.board.announce()
    return kept
