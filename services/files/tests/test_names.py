"""Hostile names become harmless, and honest ones stay as they are."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.files.names import MAX_NAME, content_disposition, display_name, extension

HOSTILE = [
    ("../../etc/passwd", "passwd"),
    ("..\\..\\windows\\win.ini", "win.ini"),
    ("/abs/olute", "olute"),
    ("a\r\nSet-Cookie: x=1", "aSet-Cookie: x=1"),
    ('"><img src=x>', '"><img src=x>'),
    ("\u202egnp.exe", "gnp.exe"),
    ("a\0b.png", "ab.png"),
    ("CON", "_CON"),
    ("nul.txt", "_nul.txt"),
    ("com1.tar.gz", "_com1.tar.gz"),
    ("console.log", "console.log"),
    (".htaccess", "htaccess"),
    ("..", "file"),
    ("", "file"),
    ("   ", "file"),
    ("\u200b\u2066", "file"),
    ("dir/", "file"),
    ("naïve façade ☃.txt", "naïve façade ☃.txt"),
    ("cafe\u0301.txt", "café.txt"),
]


@pytest.mark.parametrize(("raw", "shown"), HOSTILE)
def test_display_name(raw: str, shown: str) -> None:
    assert display_name(raw) == shown


def test_a_long_name_keeps_its_extension() -> None:
    name = display_name("x" * 300 + ".jpeg")
    assert len(name) == MAX_NAME
    assert name.endswith("x.jpeg")


@given(st.text(max_size=400))
def test_any_name_is_safe(raw: str) -> None:
    name = display_name(raw)
    assert 0 < len(name) <= MAX_NAME + 1
    assert not re.search(r"[/\\\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", name)
    assert not name.startswith(".")
    name.encode()


@given(st.text(max_size=400))
def test_any_header_is_ascii_and_carries_the_name(raw: str) -> None:
    name = display_name(raw)
    header = content_disposition("attachment", name)
    plain = re.match(r'attachment; filename="([^"\\\r\n]+)"', header)
    assert header.isascii()
    assert plain is not None
    extended = header.partition("; filename*=UTF-8''")[2]
    assert (unquote(extended) if extended else plain[1]) == name
    assert not set(extended) & set("\";,' ")


def test_header_of_a_plain_name() -> None:
    assert content_disposition("inline", "a b.png") == 'inline; filename="a b.png"'


@pytest.mark.parametrize(
    ("name", "ending"), [("a.PNG", "png"), ("a.tar.gz", "gz"), ("a", ""), (".png", ""), ("a.", "")]
)
def test_extension(name: str, ending: str) -> None:
    assert extension(name) == ending
