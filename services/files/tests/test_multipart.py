"""Forms are read in pieces of any size; what is not one file is refused."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.files.multipart import MAX_PARTS, FileForm
from shared.problems import Problem

KIND = "multipart/form-data; boundary=X"


def part(disposition: str, content: bytes = b"", *headers: str) -> bytes:
    lines = [f"Content-Disposition: {disposition}", *headers]
    return b"--X\r\n" + "\r\n".join(lines).encode() + b"\r\n\r\n" + content + b"\r\n"


def read(body: bytes, size: int = 1 << 16, kind: str = KIND) -> tuple[str, bytes]:
    form = FileForm(kind)
    content = b"".join(piece for at in range(0, len(body), size) for piece in form.feed(body[at : at + size]))
    return form.close(), content


FILE = part('form-data; name="file"; filename="a.txt"', b"hello", "Content-Type: text/plain")
END = b"--X--\r\n"


@given(st.binary(max_size=2000).filter(lambda content: b"\r\n--X" not in content), st.integers(1, 300))
def test_a_file_in_pieces_of_any_size(content: bytes, size: int) -> None:
    body = part('form-data; name="file"; filename="b"', content) + END
    assert read(body, size) == ("b", content)


def test_names_are_utf8() -> None:
    assert read(part('form-data; name="file"; filename="snow☃.txt"') + END)[0] == "snow☃.txt"


def test_a_content_may_look_like_a_boundary() -> None:
    content = b"\r\n--Y\r\n--\r\n-X--\r\n"
    assert read(part('form-data; name="file"; filename="b"', content) + END, 1)[1] == content


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid_multipart"),
        (END, 422, "file_missing"),
        (FILE, 400, "invalid_multipart"),
        (FILE[:20], 400, "invalid_multipart"),
        (b"not a form", 400, "invalid_multipart"),
        (FILE + FILE + END, 422, "unexpected_part"),
        (part('form-data; name="room_id"', b"x") + FILE + END, 422, "unexpected_part"),
        (part('form-data; name="file"', b"a plain field") + END, 422, "file_missing"),
        (part('form-data; name="file"; filename=""') + END, 422, "file_missing"),
        (part("form-data") + END, 400, "invalid_multipart"),
        (part('attachment; name="file"; filename="a"') + END, 400, "invalid_multipart"),
        (b"--X\r\n\r\nno headers\r\n" + END, 400, "invalid_multipart"),
        (part('form-data; name="f"') * 10_000 + END, 400, "invalid_multipart"),
        (FILE * 10_000 + END, 400, "invalid_multipart"),
        (b"--X\r\nContent-Disposition: " + b"a" * 1_000_000, 400, "invalid_multipart"),
        (b"--X\r\n" + b"A: b\r\n" * 100_000, 400, "invalid_multipart"),
        (b"--X\r\n" + b"a" * 100_000, 400, "invalid_multipart"),
        (b"--X\r\nA\0B: c\r\n\r\n", 400, "invalid_multipart"),
    ],
)
def test_refused(body: bytes, status: int, code: str) -> None:
    with pytest.raises(Problem) as refused:
        read(body)
    assert (refused.value.status, refused.value.code) == (status, code)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("", 415),
        ("application/json", 415),
        ("multipart/mixed; boundary=X", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        ("multipart/form-data; boundary=" + "b" * 300, 400),
    ],
)
def test_other_content_types_are_refused(kind: str, status: int) -> None:
    with pytest.raises(Problem) as refused:
        FileForm(kind)
    assert refused.value.status == status


def test_parts_are_refused_before_they_are_all_there() -> None:
    form = FileForm(KIND)
    for _ in range(MAX_PARTS):
        form.feed(part('form-data; name="f"'))
    with pytest.raises(Problem, match="more than"):
        form.feed(part('form-data; name="f"'))


@given(st.binary(max_size=600))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    for start in (b"", b"--X\r\n", FILE):
        with suppress(Problem):
            read(start + body)
