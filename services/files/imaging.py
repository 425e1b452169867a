"""What is done to a picture, with Pillow. Imported by the threads of `pictures.py` only."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, BinaryIO

import blurhash  # type: ignore[import-untyped]
import structlog
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from services.files.bombs import Malformed, gif_extent, jpeg_scans
from services.files.pictures import Limits, Picture
from shared.problems import Problem, TooLarge, UnsupportedMedia

THUMBNAIL = 400
AVATAR = 512

_log = structlog.get_logger(__name__)
_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
_MOST_SCANS = 100
_PNG_LEVEL = 4  # half the time of Pillow's six, a few per cent larger
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Of all that a file says beside its pixels, what belongs to the picture.
_KEPT = frozenset({"transparency", "duration", "loop", "background", "disposal", "blend", "default_image"})
_TINY = (24, 24)

PngImagePlugin.MAX_TEXT_MEMORY = 4 * 1024 * 1024
# Pillow warns at half of what it refuses at; we only refuse.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


def rewrite(source: BinaryIO, content_type: str, limits: Limits, content: BinaryIO, thumbnail: BinaryIO) -> Picture:
    """See `Pictures.rewrite`."""
    with _reading():
        image, frames = _opened(source, content_type, limits)
        if frames > 1:
            size = image.size
            _save_animation(image, frames, content)
            image.seek(0)
        else:
            image = _upright(image)
            size = image.size
            _save(image, content_type, source, content)
        small = _small(image)
        small.save(thumbnail, "WEBP", quality=80)
        return Picture(*size, _blurhash(small))


def square(source: BinaryIO, content_type: str, limits: Limits, target: BinaryIO) -> None:
    """See `Pictures.square`."""
    with _reading():
        image, _ = _opened(source, content_type, limits)
        image.draft("RGB", (2 * AVATAR, 2 * AVATAR))
        image = _coloured(_upright(image))
        side = min(*image.size, AVATAR)
        ImageOps.fit(image, (side, side), Image.Resampling.LANCZOS).save(target, "WEBP", quality=85)


@contextmanager
def _reading() -> Iterator[None]:
    """Whatever Pillow's readers raise on bytes that somebody made up is one answer."""
    try:
        yield
    except (Problem, MemoryError):
        raise
    except Image.DecompressionBombError:
        raise _too_large() from None
    except Exception as exc:
        if isinstance(exc, OSError) and exc.errno is not None:
            raise  # the disk's, not the picture's
        _log.info("a picture can't be read", error=type(exc).__name__)
        raise UnsupportedMedia("The picture can't be read.", "unreadable_picture") from exc


def _opened(source: BinaryIO, content_type: str, limits: Limits) -> tuple[Image.Image, int]:
    """The picture, not yet decoded and known to be within the limits, and how many frames it has."""
    kind = _FORMATS[content_type]
    if kind == "JPEG" and jpeg_scans(source, _MOST_SCANS) > _MOST_SCANS:
        raise Malformed
    if kind == "GIF":
        _check(*gif_extent(source, limits.frames), limits)
    Image.MAX_IMAGE_PIXELS = limits.pixels // 2
    image = Image.open(source, formats=[kind])
    # Further pictures in a JPEG are another view of the same, for cameras.
    frames = 1 if kind == "JPEG" else getattr(image, "n_frames", 1)
    _check(*image.size, frames, limits)
    return image, frames


def _check(width: int, height: int, frames: int, limits: Limits) -> None:
    if frames > limits.frames or width * height * frames > limits.pixels:
        raise _too_large()


def _too_large() -> TooLarge:
    return TooLarge("The picture has more pixels or frames than are taken.", "picture_too_large")


def _upright(image: Image.Image) -> Image.Image:
    """Decoded, turned the way that its camera was held, in colours that everybody shows alike."""
    try:
        turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:
        turn = None  # a damaged note on a sound picture
    image.load()
    profile = image.info.get("icc_profile")
    if turn is not None:
        image = image.transpose(turn)
    if image.mode == "CMYK":
        return image.convert("RGB")
    return _in_srgb(image, profile) if profile and image.mode == "RGB" else image


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        given = ImageCms.ImageCmsProfile(BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(given):
            return image
        return ImageCms.profileToProfile(image, given, ImageCms.createProfile("sRGB")) or image
    except ImageCms.PyCMSError:
        return image


def _bare(image: Image.Image) -> None:
    for name in set(image.info) - _KEPT:
        del image.info[name]


def _save(image: Image.Image, content_type: str, source: BinaryIO, target: BinaryIO) -> None:
    kind = _FORMATS[content_type]
    _bare(image)
    options: dict[str, Any] = {}
    if kind == "JPEG":
        # An untouched one is quantised as it was, and loses nothing.
        options = {"quality": "keep" if image.format == "JPEG" else 90}
    elif kind == "WEBP":
        source.seek(12)
        options = {"lossless": True} if source.read(4) == b"VP8L" else {"quality": 90}
    elif kind == "PNG":
        options = {"compress_level": _PNG_LEVEL}
    image.save(target, kind, **options)


def _save_animation(image: Image.Image, frames: int, target: BinaryIO) -> None:
    options: dict[str, Any] = {}
    if image.format == "GIF":
        options = {"comment": b""}
    elif image.format == "WEBP":
        options = {"loop": image.info.get("loop", 0), "duration": _durations(image, frames), "quality": 85}
    else:
        options = {"compress_level": _PNG_LEVEL}
    _bare(image)
    image.save(target, image.format, save_all=True, **options)


def _durations(image: Image.Image, frames: int) -> list[int]:
    durations = []
    for frame in range(frames):
        image.seek(frame)
        image.load()
        durations.append(image.info["duration"])
    image.seek(0)
    return durations


def _coloured(image: Image.Image) -> Image.Image:
    if image.mode in ("RGB", "RGBA", "L"):
        return image
    if image.mode.startswith("I"):
        return image.point(lambda value: value / 256).convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _small(image: Image.Image) -> Image.Image:
    small = _coloured(image)
    small.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    small.info = {}
    return small


def _blurhash(small: Image.Image) -> str:
    tiny = small.resize(_TINY, Image.Resampling.BOX).convert("RGBA")
    tiny = Image.alpha_composite(Image.new("RGBA", _TINY, "white"), tiny).convert("RGB")
    data = tiny.tobytes()
    width, height = _TINY
    pixels = [[data[3 * (y * width + x) :][:3] for x in range(width)] for y in range(height)]
    wide = small.width >= small.height
    return str(blurhash.encode(pixels, 4 if wide else 3, 3 if wide else 4))
