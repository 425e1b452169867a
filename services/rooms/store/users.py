"""The users table: our copy of what auth says about people."""

from collections.abc import Collection
from typing import Any

import orjson
from sqlalchemy import insert, select, update

from services.rooms.models import users
from shared.clock import rfc3339
from shared.database import ReadSession, WriteSession

_SHELL = {"username": "deleted", "display_name": "Deleted user", "bio": "", "avatar_url": None, "role": "user"}


def known(tx: ReadSession, user_ids: Collection[str]) -> set[str]:
    """Which of these we have heard of, the deleted ones included."""
    return set(tx.execute(select(users.c.id).where(users.c.id.in_(user_ids))).scalars())


def public(tx: ReadSession, user_id: str) -> dict[str, Any] | None:
    """The public profile; None for nobody and for the deleted."""
    query = select(users.c.public).where(users.c.id == user_id, users.c.deleted.is_(False))
    found: str | None = tx.execute(query).scalar_one_or_none()
    return None if found is None else orjson.loads(found)


def house_role(tx: ReadSession, user_id: str) -> str:
    """The role in the house, of somebody else than the caller."""
    role: str | None = tx.execute(select(users.c.role).where(users.c.id == user_id)).scalar_one_or_none()
    return role or "user"


def put(tx: WriteSession, profile: dict[str, Any]) -> None:
    """What auth says now; of a deleted person it says nothing any more."""
    if not known(tx, [profile["id"]]):
        learn(tx, profile)
        return
    living = (users.c.id == profile["id"], users.c.deleted.is_(False))
    tx.execute(update(users).where(*living).values(_columns(profile)))


def learn(tx: WriteSession, profile: dict[str, Any]) -> None:
    """Somebody we had not heard of; who is known already is known better."""
    if not known(tx, [profile["id"]]):
        tx.execute(insert(users).values(id=profile["id"], deleted=False, **_columns(profile)))


def set_role(tx: WriteSession, user_id: str, role: str) -> None:
    """Another role in the house."""
    profile = public(tx, user_id)
    if profile is not None:
        put(tx, {**profile, "role": role})


def bury(tx: WriteSession, user_id: str) -> None:
    """Forget everything but the id. The row stays even for the unknown: a late answer must not bring them back."""
    old = public(tx, user_id) or {}
    put(tx, {**_SHELL, "created_at": old.get("created_at", rfc3339(tx.now)), "id": user_id})
    tx.execute(update(users).where(users.c.id == user_id).values(deleted=True))


def _columns(profile: dict[str, Any]) -> dict[str, str]:
    names = {name: profile[name] for name in ("username", "display_name", "role")}
    return {**names, "public": orjson.dumps(profile).decode()}
