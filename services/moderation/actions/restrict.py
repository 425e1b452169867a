"""Mute, ban or screen somebody in a room, or mute or screen an account in the whole house; and take it back."""

from datetime import datetime, timedelta

from services.moderation.access import require_person, require_restrictor, require_room
from services.moderation.actions.impose import impose
from services.moderation.actions.impose import lift as end
from services.moderation.policy import Standing, must_outrank, require_staff
from services.moderation.schemas import Kind, Restriction, Terms
from services.moderation.store.restrictions import HOUSE, RestrictionRow
from shared.caller import Caller
from shared.database import WriteSession


def restrict(tx: WriteSession, caller: Caller, room_id: str, user_id: str, kind: Kind, terms: Terms) -> Restriction:
    """In this room, member or not; a second one takes the place of the first."""
    require_restrictor(tx, require_room(tx, room_id), caller, user_id)
    return _put(tx, caller, room_id, user_id, kind, terms)


def lift(tx: WriteSession, caller: Caller, room_id: str, user_id: str, kind: Kind) -> None:
    """Whether there was a restriction or not."""
    require_restrictor(tx, require_room(tx, room_id), caller, user_id)
    end(tx, room_id, user_id, kind, caller.user_id)


def restrict_account(tx: WriteSession, caller: Caller, user_id: str, kind: Kind, terms: Terms) -> Restriction:
    """In every room, direct ones included."""
    _may_restrict_account(tx, caller, user_id)
    return _put(tx, caller, HOUSE, user_id, kind, terms)


def free_account(tx: WriteSession, caller: Caller, user_id: str, kind: Kind) -> None:
    """Whether it was restricted or not."""
    _may_restrict_account(tx, caller, user_id)
    end(tx, HOUSE, user_id, kind, caller.user_id)


def _may_restrict_account(tx: WriteSession, caller: Caller, user_id: str) -> None:
    require_staff(caller.role)
    target = Standing(None, None, require_person(tx, user_id))
    must_outrank(Standing(None, None, caller.role), target)


def _put(tx: WriteSession, caller: Caller, scope: str, user_id: str, kind: Kind, terms: Terms) -> Restriction:
    row = RestrictionRow(
        scope, user_id, kind, terms.reason, caller.user_id, _end(tx.now, terms.duration_seconds), tx.now
    )
    impose(tx, row)
    return Restriction.model_validate(row)


def _end(now: datetime, lasts: int | None) -> datetime | None:
    return None if lasts is None else now + timedelta(seconds=lasts)
