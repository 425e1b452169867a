"""Forget rooms and people that are gone. The audit log and the evidence of reports stay, without their names
(docs/decisions/0028-what-stays-of-a-deleted-account.md)."""

from services.moderation.store import cases, members, reports, restrictions, revisions, rooms, rules, users, words
from shared.database import WriteSession
from shared.web import idempotency


def forget_room(tx: WriteSession, room_id: str) -> None:
    """Its members, restrictions, words and rules mean nothing any more."""
    members.drop_room(tx, room_id)
    rooms.drop(tx, room_id)
    restrictions.drop_scope(tx, room_id)
    words.drop_scope(tx, room_id)
    rules.drop(tx, room_id)
    revisions.advance(tx, room_id)


def forget_user(tx: WriteSession, user_id: str) -> None:
    """Who is gone is restricted no more, and nobody in what was reported."""
    users.bury(tx, user_id)
    members.drop_user(tx, user_id)
    restrictions.drop_user(tx, user_id)
    cases.anonymise(tx, user_id)
    reports.anonymise(tx, user_id)
    idempotency.forget(tx, user_id)
