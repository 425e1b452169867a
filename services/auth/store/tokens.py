"""The personal access tokens table: a row is a token that is good, a revoked one has none."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from services.auth.models import tokens
from shared.database import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token as it is stored; `scopes` are separated by spaces."""

    id: str
    user_id: str
    name: str
    scopes: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    digest: str = field(repr=False)


COLUMNS = tuple(tokens.c[name] for name in TokenRow.__dataclass_fields__)


def find(tx: ReadSession, token_id: str) -> TokenRow | None:
    """The token, unless it ended."""
    return _one(tx, tokens.c.id == token_id)


def find_by_digest(tx: ReadSession, digest: str) -> TokenRow | None:
    """The token that this is the digest of, unless it ended."""
    return _one(tx, tokens.c.digest == digest)


def of_user(tx: ReadSession, user_id: str) -> list[str]:
    """The ids of all of this person's, ended ones that still have a row included."""
    return list(tx.execute(select(tokens.c.id).where(tokens.c.user_id == user_id).order_by(tokens.c.id)).scalars())


def add(tx: WriteSession, token: TokenRow) -> None:
    """A new token."""
    values: dict[str, Any] = {column.name: getattr(token, column.name) for column in COLUMNS}
    tx.execute(insert(tokens).values(**values))


def touch(tx: WriteSession, token_id: str) -> None:
    """It was used just now."""
    tx.execute(update(tokens).where(tokens.c.id == token_id).values(last_used_at=tx.now))


def remove(tx: WriteSession, token_id: str) -> None:
    """End it."""
    tx.execute(delete(tokens).where(tokens.c.id == token_id))


def remove_expired(tx: WriteSession) -> None:
    """Those whose time is over."""
    tx.execute(delete(tokens).where(tokens.c.expires_at <= tx.now))


def _one(tx: ReadSession, condition: Any) -> TokenRow | None:
    row = tx.execute(select(*COLUMNS).where(condition, tokens.c.expires_at > tx.now)).one_or_none()
    return None if row is None else TokenRow(*row)
