"""The users table. A deleted account is nobody: no function but `bury` sees its row."""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from services.auth.models import users
from shared.database import ReadSession, WriteSession

_LONGEST_KEY = 200  # one character may unfold into eighteen, and an index entry has a limit


@dataclass(frozen=True, slots=True)
class UserRow:
    """An account as it is stored."""

    id: str
    username: str
    email: str
    email_verified: bool
    display_name: str
    bio: str
    avatar_url: str | None
    role: str
    created_at: datetime
    password_hash: str = field(repr=False)


COLUMNS = tuple(users.c[name] for name in UserRow.__dataclass_fields__)
LIVING = users.c.deleted_at.is_(None)


def fold(text: str) -> str:
    """The form in which names are looked for: without regard to case, width and composition."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())[:_LONGEST_KEY]


def email_key(email: str) -> str:
    """The form in which e-mail addresses are unique."""
    return unicodedata.normalize("NFC", email).casefold()


def find(tx: ReadSession, user_id: str) -> UserRow | None:
    """The account of this id."""
    return _one(tx, users.c.id == user_id)


def find_by_login(tx: ReadSession, name: str) -> UserRow | None:
    """The account of this username or e-mail address: no username has an `@`."""
    if "@" in name:
        return _one(tx, users.c.email_key == email_key(name))
    return _one(tx, users.c.username_key == name.lower())


def find_many(tx: ReadSession, user_ids: Collection[str]) -> list[UserRow]:
    """Those of these that exist."""
    return [UserRow(*row) for row in tx.execute(select(*COLUMNS).where(users.c.id.in_(user_ids), LIVING))]


def username_taken(tx: ReadSession, username: str) -> bool:
    """Whether somebody has this username."""
    return _one(tx, users.c.username_key == username.lower()) is not None


def email_taken(tx: ReadSession, email: str, *, by_other_than: str = "") -> bool:
    """Whether somebody else has this e-mail address."""
    return _one(tx, (users.c.email_key == email_key(email)) & (users.c.id != by_other_than)) is not None


def admins(tx: ReadSession) -> int:
    """How many there are."""
    return tx.execute(select(func.count()).select_from(users).where(users.c.role == "admin", LIVING)).scalar_one()


def add(tx: WriteSession, user: UserRow) -> None:
    """A new account."""
    values: dict[str, Any] = {column.name: getattr(user, column.name) for column in COLUMNS}
    keys = {
        "username_key": user.username.lower(),
        "email_key": email_key(user.email),
        "display_key": fold(user.display_name),
    }
    tx.execute(insert(users).values(**values, **keys))


def change(tx: WriteSession, user_id: str, values: dict[str, Any]) -> None:
    """Set columns; the keys follow."""
    if "email" in values:
        values = {**values, "email_key": email_key(values["email"])}
    if "display_name" in values:
        values = {**values, "display_key": fold(values["display_name"])}
    tx.execute(update(users).where(users.c.id == user_id, LIVING).values(**values))


def bury(tx: WriteSession, user_id: str) -> None:
    """Empty the row and free its names; the id stays taken for ever."""
    shell = {
        **dict.fromkeys(("username_key", "email_key", "display_key", "avatar_url")),
        **dict.fromkeys(("email", "bio", "password_hash"), ""),
        "username": "deleted",
        "display_name": "Deleted user",
        "email_verified": False,
        "role": "user",
        "deleted_at": tx.now,
    }
    tx.execute(update(users).where(users.c.id == user_id).values(**shell))


def _one(tx: ReadSession, condition: Any) -> UserRow | None:
    row = tx.execute(select(*COLUMNS).where(condition, LIVING)).one_or_none()
    return None if row is None else UserRow(*row)
