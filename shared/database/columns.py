"""Column types that mean the same on both databases."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import TIMESTAMP, String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from shared.clock import rfc3339


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time in whole milliseconds: timestamptz on PostgreSQL, RFC 3339 text (which sorts) on SQLite."""

    impl = TIMESTAMP(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime] | TypeEngine[str]:
        """Text on SQLite, whose own type forgets the zone."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(24))
        return dialect.type_descriptor(TIMESTAMP(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        """Refuse naive times: nobody knows which hour they mean."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time has to be aware of its zone")
        if dialect.name == "sqlite":
            return rfc3339(value)
        value = value.astimezone(UTC)
        return value.replace(microsecond=value.microsecond // 1000 * 1000)

    def process_result_value(self, value: datetime | str | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


class WrittenTime(TypeDecorator[str]):
    """A UtcDateTime as the text that clients are shown, for queries that only pass it on."""

    impl = UtcDateTime
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """SQLite has that very text, and reading it into a time and writing it out again is half of such a query."""
        return None if dialect.name == "sqlite" else _written


def _written(value: datetime | None) -> str | None:
    return None if value is None else rfc3339(value)
