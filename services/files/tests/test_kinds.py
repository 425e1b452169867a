"""The type is the content's, whatever the name says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.files.kinds import INLINE, UNKNOWN, content_type
from shared.problems import UnsupportedMedia

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(17) + b"\x00\x00\x00\x00IEND\xaeB`\x82"
APNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x08acTL" + bytes(12)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(20)
GIF = b"GIF89a" + bytes(20)
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(20)
PDF = b"%PDF-1.7\n" + bytes(20)
ZIP = b"PK\x03\x04" + bytes(40)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        (PNG, "a.png", "image/png"),
        (APNG, "a.png", "image/png"),
        (JPEG, "a.JPG", "image/jpeg"),
        (GIF, "a.gif", "image/gif"),
        (WEBP, "a.webp", "image/webp"),
        (PDF, "a.pdf", "application/pdf"),
        (ZIP, "a.docx", "application/zip"),
        (PNG, "holiday", "image/png"),
        (PNG, "a.txt", "image/png"),
        (SVG, "a.svg", UNKNOWN),
        (HTML, "a.html", UNKNOWN),
        (b"MZ" + bytes(100), "a.exe", UNKNOWN),
        (b"hello", "a.txt", UNKNOWN),
        (b"", "empty", UNKNOWN),
    ],
)
def test_type_is_the_contents(head: bytes, name: str, kind: str) -> None:
    assert content_type(head, name) == kind


@pytest.mark.parametrize(
    ("head", "name"), [(HTML, "a.png"), (GIF, "a.png"), (SVG, "a.gif"), (b"", "a.jpg"), (PNG, "a.pdf")]
)
def test_a_name_that_claims_another_type_is_refused(head: bytes, name: str) -> None:
    with pytest.raises(UnsupportedMedia):
        content_type(head, name)


@pytest.mark.parametrize("head", [SVG, HTML, PDF, ZIP, b"MZ", b"\x7fELF"])
def test_nothing_that_can_run_is_inline(head: bytes) -> None:
    assert content_type(head, "x") not in INLINE


@given(
    st.binary(max_size=300), st.sampled_from([b"", PNG[:8], ZIP[:4], b"\x1aE\xdf\xa3", b"\x00\x00\x00\x18ftyp", b"ID3"])
)
def test_any_content_has_a_type(tail: bytes, start: bytes) -> None:
    assert "/" in content_type(start + tail, "x")
