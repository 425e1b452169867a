"""Pictures are measured before they are decoded, and written anew with nothing but the picture in them."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import blurhash  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from services.files import imaging
from services.files.pictures import Limits, Picture
from services.files.tests.drawn import GIF, JPEG, PNG, WEBP, animated, drawn, flood, growing, many_frames, opened
from shared.problems import Problem, TooLarge, UnsupportedMedia

LIMITS = Limits(pixels=2_000_000, frames=50)
_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
_MARK = b"a note that is nobody's business"


def rewritten(content: bytes, kind: str, limits: Limits = LIMITS) -> tuple[Picture, bytes, bytes]:
    target, thumbnail = BytesIO(), BytesIO()
    picture = imaging.rewrite(BytesIO(content), _TYPES[kind], limits, target, thumbnail)
    return picture, target.getvalue(), thumbnail.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    """What a phone writes."""
    notes = Image.Exif()
    notes[0x0112] = orientation
    notes[0x010F] = _MARK.decode()
    notes.get_ifd(0x8825)[1] = "N"
    notes.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    return notes


@pytest.mark.parametrize("kind", _TYPES)
def test_a_picture_stays_what_it_shows(kind: str) -> None:
    before = drawn(kind, (600, 300), mode="P" if kind == "GIF" else "RGB")
    picture, content, thumbnail = rewritten(before, kind)
    after = opened(content)
    assert (picture.width, picture.height) == after.size == (600, 300)
    assert after.format == kind
    red, blue = (after.convert("RGB").getpixel((x, 150)) for x in (100, 500))
    assert red[0] > 200 > 60 > red[2]  # type: ignore[index]
    assert blue[2] > 200 > 60 > blue[0]  # type: ignore[index]
    small = opened(thumbnail)
    assert (small.format, small.size) == ("WEBP", (400, 200))
    assert len(blurhash.decode(picture.blurhash, 4, 4)) == 4


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_nothing_is_left_of_what_the_camera_noted(kind: str) -> None:
    options: dict[str, Any] = {
        "exif": exif(),
        "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    }
    if kind == "JPEG":
        options["comment"] = _MARK
    before = drawn(kind, **options)
    assert _MARK in before
    _, content, thumbnail = rewritten(before + b"<script>alert(1)</script>" + _MARK, kind)
    for written in (content, thumbnail):
        assert _MARK not in written
        assert b"script" not in written
        image = opened(written)
        assert not image.getexif()
        assert not {"exif", "xmp", "comment", "icc_profile"} & set(image.info)


def test_comments_of_a_gif_are_left_out() -> None:
    for content in (drawn("GIF", comment=_MARK), animated("GIF", comment=_MARK)):
        assert _MARK in content
        assert _MARK not in rewritten(content, "GIF")[1]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_applied(orientation: int) -> None:
    upright = Image.new("RGB", (64, 48), "blue")
    upright.paste("red", (0, 0, 32, 24))
    back = {2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}
    held = upright.transpose(imaging._TURNS[back[orientation]]) if orientation > 1 else upright
    target = BytesIO()
    held.save(target, "JPEG", quality=95, exif=exif(orientation))
    picture, content, _ = rewritten(target.getvalue(), "JPEG")
    assert (picture.width, picture.height) == (64, 48)
    shown = opened(content)
    assert shown.getpixel((8, 8))[0] > 200  # type: ignore[index]
    assert all(shown.getpixel(at)[2] > 200 for at in ((56, 8), (8, 40), (56, 40)))  # type: ignore[index]


def test_an_untouched_jpeg_loses_next_to_nothing() -> None:
    before = opened(drawn("JPEG", (64, 48), quality=60))
    after = opened(rewritten(drawn("JPEG", (64, 48), quality=60), "JPEG")[1])
    assert after.quantization == before.quantization  # type: ignore[attr-defined]
    changes = [abs(one - other) for one, other in zip(after.tobytes(), before.tobytes(), strict=True)]
    assert sum(changes) / len(changes) < 3


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_animations_stay_animations(kind: str) -> None:
    picture, content, thumbnail = rewritten(animated(kind, frames=4, size=(40, 30)), kind)
    after = Image.open(BytesIO(content))
    assert after.n_frames == 4  # type: ignore[attr-defined]
    assert (picture.width, picture.height) == (40, 30)
    for frame in range(4):
        after.seek(frame)
        after.load()
        assert after.info["duration"] == 100
    assert getattr(opened(thumbnail), "n_frames", 1) == 1


def test_transparency_is_kept() -> None:
    target = BytesIO()
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(target, "PNG")
    _, content, thumbnail = rewritten(target.getvalue(), "PNG")
    assert opened(content).getpixel((4, 4)) == (255, 0, 0, 0)
    assert opened(thumbnail).convert("RGBA").getpixel((4, 4))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_kind_of_pixel(mode: str) -> None:
    image = Image.new(mode, (20, 10)) if mode == "I;16" else Image.new("RGB", (20, 10), "red").convert(mode)
    target = BytesIO()
    image.save(target, "PNG")
    assert rewritten(target.getvalue(), "PNG")[0].width == 20


def test_colours_for_printers_become_those_of_screens() -> None:
    target = BytesIO()
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(target, "JPEG")
    assert opened(rewritten(target.getvalue(), "JPEG")[1]).mode == "RGB"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (flood(), "PNG"),
        (flood(2_000_001, 1), "PNG"),
        (many_frames(10_000), "GIF"),
        (many_frames(51), "GIF"),
        (growing(60_000, 60_000, 2), "GIF"),
        (growing(1400, 1400, 2), "GIF"),
        (animated("PNG", 51, (2, 2)), "PNG"),
        (animated("WEBP", 51, (2, 2)), "WEBP"),
        (drawn("WEBP", (2000, 1001)), "WEBP"),
        (drawn("JPEG", (2000, 1001)), "JPEG"),
    ],
    ids=["flood", "long", "bomb", "frames", "growing", "grown", "apng", "webp", "large-webp", "large-jpeg"],
)
def test_bombs_are_refused(content: bytes, kind: str) -> None:
    with pytest.raises(TooLarge) as refused:
        rewritten(content, kind)
    assert refused.value.code == "picture_too_large"
    with pytest.raises(TooLarge):
        imaging.square(BytesIO(content), _TYPES[kind], LIMITS, BytesIO())


def test_a_jpeg_of_endless_scans_is_refused() -> None:
    progressive = drawn("JPEG", (64, 64), progressive=True)
    at = progressive.rindex(b"\xff\xda")
    endless = progressive[:at] + progressive[at:-2] * 200 + progressive[-2:]
    with pytest.raises(UnsupportedMedia):
        rewritten(endless, "JPEG")
    assert rewritten(progressive, "JPEG")[0].width == 64


_MEASURE = """
import resource, sys, tempfile, time
from io import BytesIO
from services.files import imaging
from services.files.pictures import Limits
from services.files.tests.drawn import drawn, flood, growing, many_frames
from shared.problems import TooLarge

LIMITS = Limits(50_000_000, 500)
imaging.rewrite(BytesIO(drawn("WEBP")), "image/webp", LIMITS, tempfile.TemporaryFile(), tempfile.TemporaryFile())
bombs = [(flood(), "image/png"), (many_frames(1_000_000), "image/gif"), (growing(65_535, 65_535, 2), "image/gif")]
before, cpu = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
for content, kind in bombs:
    try:
        imaging.rewrite(BytesIO(content), kind, LIMITS, BytesIO(), BytesIO())
    except TooLarge:
        continue
    sys.exit("it was taken")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, round(1000 * (time.process_time() - cpu)))
"""


def test_bombs_cost_neither_memory_nor_time() -> None:
    measured = subprocess.run([sys.executable, "-c", _MEASURE], capture_output=True, text=True, check=True, timeout=60)
    kilobytes, milliseconds = map(int, measured.stdout.split())
    assert kilobytes < 32 * 1024
    assert milliseconds < 600  # 200 each (RELIABILITY.md S116)


@pytest.mark.parametrize(("content", "kind"), [(PNG, "PNG"), (JPEG, "JPEG"), (GIF, "GIF"), (WEBP, "WEBP")])
def test_what_is_cut_off_can_not_be_read(content: bytes, kind: str) -> None:
    with pytest.raises(UnsupportedMedia) as refused:
        rewritten(content[: len(content) // 2], kind)
    assert refused.value.code == "unreadable_picture"


@pytest.mark.parametrize("kind", _TYPES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_damaged_picture_is_read_or_refused(kind: str, data: st.DataObject) -> None:
    content = bytearray(animated(kind) if kind != "JPEG" else drawn(kind, (40, 40), exif=exif(6)))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(8, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        picture, _, _ = rewritten(bytes(content), kind)
    except Problem as problem:
        assert problem.status in (413, 415)
    else:
        assert picture.width * picture.height <= LIMITS.pixels


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda: drawn("JPEG", (1200, 800), exif=exif(6)), "JPEG"),
        (lambda: drawn("PNG", (900, 700), mode="P"), "PNG"),
        (lambda: animated("GIF", size=(700, 600)), "GIF"),
        (lambda: drawn("WEBP", (700, 520)), "WEBP"),
    ],
    ids=["jpeg", "png", "gif", "webp"],
)
def test_an_avatar_is_a_small_square(make: Callable[[], bytes], kind: str) -> None:
    target = BytesIO()
    imaging.square(BytesIO(make()), _TYPES[kind], LIMITS, target)
    avatar = opened(target.getvalue())
    assert (avatar.format, avatar.size) == ("WEBP", (512, 512))
    assert not avatar.getexif()


def test_a_small_avatar_is_not_blown_up() -> None:
    target = BytesIO()
    imaging.square(BytesIO(drawn("PNG", (40, 30))), "image/png", LIMITS, target)
    assert opened(target.getvalue()).size == (30, 30)


def test_a_full_disk_is_not_the_pictures_fault() -> None:
    with open("/dev/full", "wb", buffering=0) as full, tempfile.TemporaryFile() as thumbnail:  # noqa: PTH123
        with pytest.raises(OSError, match="No space left"):
            imaging.rewrite(BytesIO(drawn("PNG", (100, 100))), "image/png", LIMITS, full, thumbnail)
