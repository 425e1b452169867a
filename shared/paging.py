"""Lists in pages: `?limit=` and an opaque, signed `?cursor=` that fits only the list it came from."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, NoReturn, TypeVar

import orjson
from fastapi import Depends, Query, Request

from shared.problems import Problem
from shared.schemas import AnswerModel
from shared.settings import ServiceSettings

_LONGEST = 1024
_MAC_BYTES = 16

Item = TypeVar("Item")
Row = TypeVar("Row")


class Page(AnswerModel, Generic[Item]):
    """One page of a list: `next_cursor` is null on the last one."""

    items: list[Item]
    next_cursor: str | None


class PageQuery:
    """Which page is wanted: fetch `fetch` rows whose sort key comes after `after`, and hand them to `page`."""

    def __init__(self, limit: int, after: list[Any] | None, secret: bytes, context: bytes) -> None:
        self.limit = limit
        self.after = after
        self._secret, self._context = secret, context

    @property
    def fetch(self) -> int:
        """One row more than is shown, to know whether there is a next page."""
        return self.limit + 1

    def page(self, rows: Sequence[Row], key: Callable[[Row], Sequence[Any]]) -> dict[str, Any]:
        """`{"items", "next_cursor"}` of up to `fetch` rows; `key` gives a row's sort key."""
        items = list(rows[: self.limit])
        more = len(rows) > self.limit
        cursor = encode_cursor(self._secret, self._context, list(key(items[-1]))) if more else None
        return {"items": items, "next_cursor": cursor}


def encode_cursor(secret: bytes, context: bytes, key: list[Any]) -> str:
    """`key` as text that only we can make, and only for `context`."""
    payload = orjson.dumps(key)
    return urlsafe_b64encode(_mac(secret, context, payload) + payload).rstrip(b"=").decode()


def decode_cursor(secret: bytes, context: bytes, cursor: str) -> list[Any]:
    """The key in `cursor`; Problem 400 `invalid_cursor` when we did not make it for `context`."""
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        _refuse()
    mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    # Compared as text too, since spare bits let several texts mean the same bytes.
    if not hmac.compare_digest(mac, _mac(secret, context, payload)) or _encoded(raw) != cursor:
        _refuse()
    key: list[Any] = orjson.loads(payload)
    return key


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _mac(secret: bytes, context: bytes, payload: bytes) -> bytes:
    # The prefix keeps this use of the secret apart from the caller tokens.
    return hmac.digest(secret, b"cursor\0" + context + b"\0" + payload, "sha256")[:_MAC_BYTES]


def _refuse() -> NoReturn:
    raise Problem(400, "invalid_cursor", "The cursor is not one of this list.") from None


async def _page_query(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[str | None, Query(max_length=_LONGEST, description="`next_cursor` of the page before")] = None,
) -> PageQuery:
    settings: ServiceSettings = request.app.state.settings
    secret = settings.caller_secret.get_secret_value().encode()
    filters = sorted(pair for pair in request.query_params.multi_items() if pair[0] not in ("limit", "cursor"))
    context = orjson.dumps([request.url.path, filters])
    after = None if cursor is None else decode_cursor(secret, context, cursor)
    return PageQuery(limit, after, secret, context)


Paging = Annotated[PageQuery, Depends(_page_query)]
