"""Mutes, bans and holds: in a room, and mutes and holds of accounts in the whole house."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Response

from services.moderation import queries
from services.moderation.actions.restrict import free_account, lift, restrict, restrict_account
from services.moderation.routes.answers import ACCEPTED, nothing, settle
from services.moderation.schemas import Kind, Restriction, Terms
from services.moderation.wiring import Wired, Wiring
from shared.caller import Caller, SomeCaller
from shared.clock import rfc3339
from shared.ids import Id
from shared.paging import Page, Paging
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["restrictions"], route_class=StrictRoute)
_ACCEPTED: dict[int | str, dict[str, Any]] = {202: {"model": Restriction, **ACCEPTED[202]}}
_FOR_GOOD = Terms()


@router.post("/rooms/{room_id}/mute/{user_id}", responses=_ACCEPTED)
async def post_mute(
    caller: SomeCaller, wired: Wired, room_id: Id, user_id: Id, response: Response, terms: Terms = _FOR_GOOD
) -> Restriction:
    """May read and not write in this room; in force before the answer."""
    return await _restrict(wired, caller, room_id, user_id, "mute", terms, response)


@router.delete("/rooms/{room_id}/mute/{user_id}", status_code=204, responses=ACCEPTED)
async def delete_mute(caller: SomeCaller, wired: Wired, room_id: Id, user_id: Id) -> Response:
    """May write again."""
    return await _lift(wired, caller, room_id, user_id, "mute")


@router.post("/rooms/{room_id}/ban/{user_id}", responses=_ACCEPTED)
async def post_ban(
    caller: SomeCaller, wired: Wired, room_id: Id, user_id: Id, response: Response, terms: Terms = _FOR_GOOD
) -> Restriction:
    """Out of the room, and not let in again; in force before the answer."""
    return await _restrict(wired, caller, room_id, user_id, "ban", terms, response)


@router.delete("/rooms/{room_id}/ban/{user_id}", status_code=204, responses=ACCEPTED)
async def delete_ban(caller: SomeCaller, wired: Wired, room_id: Id, user_id: Id) -> Response:
    """May come back, if the room lets them in."""
    return await _lift(wired, caller, room_id, user_id, "ban")


@router.post("/rooms/{room_id}/hold/{user_id}", responses=_ACCEPTED)
async def post_hold(
    caller: SomeCaller, wired: Wired, room_id: Id, user_id: Id, response: Response, terms: Terms = _FOR_GOOD
) -> Restriction:
    """A moderator looks at everything they write in this room before others see it. Nobody in the room is told."""
    return await _restrict(wired, caller, room_id, user_id, "hold", terms, response)


@router.delete("/rooms/{room_id}/hold/{user_id}", status_code=204, responses=ACCEPTED)
async def delete_hold(caller: SomeCaller, wired: Wired, room_id: Id, user_id: Id) -> Response:
    """What they write needs nobody's look any more; what waits by now is still decided about."""
    return await _lift(wired, caller, room_id, user_id, "hold")


@router.get("/rooms/{room_id}/restrictions", response_model=Page[Restriction])
async def get_restrictions(caller: SomeCaller, wired: Wired, room_id: Id, page: Paging) -> dict[str, Any]:
    """Who is muted, banned or looked after in this room, newest first."""
    await wired.hear()
    found = await wired.db.read(queries.room_restrictions, caller, room_id, _after(page.after), page.fetch)
    return page.page(found, _key)


@router.post("/moderation/mute/{user_id}", responses=_ACCEPTED)
async def post_account_mute(
    caller: SomeCaller, wired: Wired, user_id: Id, response: Response, terms: Terms = _FOR_GOOD
) -> Restriction:
    """May write nowhere in the house (moderators, admins)."""
    return await _restrict_account(wired, caller, user_id, "mute", terms, response)


@router.delete("/moderation/mute/{user_id}", status_code=204, responses=ACCEPTED)
async def delete_account_mute(caller: SomeCaller, wired: Wired, user_id: Id) -> Response:
    """May write again, where no room's mute stands against it."""
    return await _free_account(wired, caller, user_id, "mute")


@router.post("/moderation/hold/{user_id}", responses=_ACCEPTED)
async def post_account_hold(
    caller: SomeCaller, wired: Wired, user_id: Id, response: Response, terms: Terms = _FOR_GOOD
) -> Restriction:
    """A moderator looks at everything they write anywhere before others see it (moderators, admins)."""
    return await _restrict_account(wired, caller, user_id, "hold", terms, response)


@router.delete("/moderation/hold/{user_id}", status_code=204, responses=ACCEPTED)
async def delete_account_hold(caller: SomeCaller, wired: Wired, user_id: Id) -> Response:
    """What they write needs nobody's look any more, where no room looks after them."""
    return await _free_account(wired, caller, user_id, "hold")


@router.get("/moderation/restrictions", response_model=Page[Restriction])
async def get_house_restrictions(
    caller: SomeCaller, wired: Wired, page: Paging, user_id: Id | None = None
) -> dict[str, Any]:
    """What holds in the whole house, or everything against one person (moderators, admins); newest first."""
    found = await wired.db.read(queries.house_restrictions, caller, user_id, _after(page.after), page.fetch)
    return page.page(found, _key)


async def _restrict(
    wired: Wiring, caller: Caller, room_id: str, user_id: str, kind: Kind, terms: Terms, response: Response
) -> Restriction:
    await wired.hear()
    await wired.directory.meet(user_id)
    restriction, in_order = await wired.timeline.commit(restrict, caller, room_id, user_id, kind, terms)
    settle(response, in_order)
    return restriction


async def _restrict_account(
    wired: Wiring, caller: Caller, user_id: str, kind: Kind, terms: Terms, response: Response
) -> Restriction:
    await wired.hear()
    await wired.directory.meet(user_id)
    restriction, in_order = await wired.timeline.commit(restrict_account, caller, user_id, kind, terms)
    settle(response, in_order)
    return restriction


async def _free_account(wired: Wiring, caller: Caller, user_id: str, kind: Kind) -> Response:
    await wired.hear()
    await wired.directory.meet(user_id)
    _, in_order = await wired.timeline.commit(free_account, caller, user_id, kind)
    return nothing(in_order)


async def _lift(wired: Wiring, caller: Caller, room_id: str, user_id: str, kind: Kind) -> Response:
    await wired.hear()
    await wired.directory.meet(user_id)
    _, in_order = await wired.timeline.commit(lift, caller, room_id, user_id, kind)
    return nothing(in_order)


def _key(row: Any) -> list[str]:
    return [rfc3339(row.created_at), row.scope, row.user_id, row.kind]


def _after(key: list[str] | None) -> tuple[Any, ...] | None:
    return None if key is None else (datetime.fromisoformat(key[0]), *key[1:])
