"""Ranges and entity tags of RFC 9110."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.files.ranges import NotSatisfiable, Span, requested_span, tag_matches


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-0", Span(0, 1)),
        ("bytes=0-", Span(0, 10)),
        ("bytes=3-5", Span(3, 6)),
        ("bytes=3-99", Span(3, 10)),
        ("bytes=-4", Span(6, 10)),
        ("bytes=-99", Span(0, 10)),
        (None, None),
        ("", None),
        ("bytes=-", None),
        ("bytes=5-3", None),
        ("bytes=a-b", None),
        ("bytes=1-2,4-5", None),
        ("items=0-1", None),
        ("bytes=" + "9" * 5000 + "-", None),
        ("bytes=٣-٤", None),
    ],
)
def test_requested_span(header: str | None, span: Span | None) -> None:
    assert requested_span(header, 10) == span


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_outside_the_content(header: str) -> None:
    with pytest.raises(NotSatisfiable):
        requested_span(header, 10)


def test_no_range_of_nothing() -> None:
    with pytest.raises(NotSatisfiable):
        requested_span("bytes=0-", 0)


class _Unread(str):
    """Nobody looks into it."""

    def strip(self, chars: str | None = None, /) -> str:
        raise AssertionError(chars)


def test_ten_thousand_ranges_cost_nothing() -> None:
    header = _Unread("bytes=" + ",".join(f"{n}-{n}" for n in range(10_000)))
    assert requested_span(header, 1_000_000) is None


@given(st.text(max_size=60), st.integers(0, 100))
def test_any_header_gives_bytes_of_the_content(text: str, size: int) -> None:
    try:
        span = requested_span(f"bytes={text}", size)
    except NotSatisfiable:
        return
    assert span is None or 0 <= span.start < span.stop <= size


@pytest.mark.parametrize(
    ("header", "matches"),
    [('"a"', True), ('W/"a"', True), ('"b", "a"', True), ("*", True), ('"b"', False), ("a", False), (None, False)],
)
def test_tag_matches(header: str | None, matches: bool) -> None:
    assert tag_matches(header, '"a"') is matches
