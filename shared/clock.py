"""Time as this product speaks it: aware, UTC, milliseconds, RFC 3339 with `Z`."""

import re
import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def utc_now() -> datetime:
    """The present, cut to milliseconds, so that what is stored equals what was answered."""
    return in_milliseconds(datetime.now(UTC))


def in_milliseconds(moment: datetime) -> datetime:
    """The same moment in UTC without what is finer than a millisecond."""
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@lru_cache(maxsize=256)  # a transaction's one moment is written out for each of its rows
def rfc3339(moment: datetime) -> str:
    """`2026-11-23T03:36:00.123Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _written_out(value: Any) -> Any:
    # Pydantic alone also takes numbers and times without a zone, which two people read differently.
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time needs a zone")
    elif not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise ValueError("a time is written as RFC 3339, for example 2026-11-23T03:36:00.123Z")
    return value


def _in_range(moment: datetime) -> datetime:
    try:
        return in_milliseconds(moment)
    except OverflowError:
        raise ValueError("that time cannot be written in UTC") from None


def present() -> str:
    """The present as `rfc3339` writes it, for who asks very often."""
    seconds, milliseconds = divmod(time.time_ns() // 1_000_000, 1000)
    return f"{_second(seconds)}.{milliseconds:03d}Z"


@lru_cache(maxsize=8)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().removesuffix("+00:00")


Timestamp = Annotated[
    datetime,
    BeforeValidator(_written_out),
    AfterValidator(_in_range),
    PlainSerializer(rfc3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
