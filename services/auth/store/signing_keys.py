"""The signing_keys table."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from services.auth.models import signing_keys
from shared.database import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key, or without `sealed` only until when one from elsewhere is published."""

    kid: str
    created_at: datetime
    signs_from: datetime
    expires_at: datetime | None
    sealed: str | None = field(repr=False)


_COLUMNS = tuple(signing_keys.c[name] for name in KeyRow.__dataclass_fields__)


def every(tx: ReadSession) -> list[KeyRow]:
    """All of them, oldest first."""
    query = select(*_COLUMNS).order_by(signing_keys.c.signs_from, signing_keys.c.kid)
    return [KeyRow(*row) for row in tx.execute(query)]


def add(tx: WriteSession, key: KeyRow) -> None:
    """One more."""
    tx.execute(insert(signing_keys).values({column.name: getattr(key, column.name) for column in _COLUMNS}))


def end(tx: WriteSession, at: datetime) -> None:
    """All that have no end yet are published until then."""
    tx.execute(update(signing_keys).where(signing_keys.c.expires_at.is_(None)).values(expires_at=at))


def remove_expired(tx: WriteSession) -> None:
    """The private keys that nothing can be checked with any more; the first key's end is remembered."""
    gone = delete(signing_keys).where(signing_keys.c.expires_at <= tx.now, signing_keys.c.sealed.is_not(None))
    tx.execute(gone)
