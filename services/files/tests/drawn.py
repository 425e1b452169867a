"""Pictures for tests, and files that only look like pictures."""

import zlib
from io import BytesIO
from struct import pack
from typing import Any

from PIL import Image


def drawn(kind: str, size: tuple[int, int] = (8, 6), *, mode: str = "RGB", **options: Any) -> bytes:
    """A sound picture: red on the left, blue on the right, so that one sees how it was turned."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    return _saved(image.convert(mode), kind, **options)


def animated(kind: str, frames: int = 3, size: tuple[int, int] = (8, 6), **options: Any) -> bytes:
    """A sound animation of 100 ms a frame, each of another colour."""
    images = [Image.new("RGB", size, (255 * number // frames, 40, 90)) for number in range(frames)]
    return _saved(images[0], kind, save_all=True, append_images=images[1:], duration=100, loop=0, **options)


def opened(content: bytes) -> Image.Image:
    """A picture as the service gives it back."""
    image = Image.open(BytesIO(content))
    image.load()
    return image


def flood(width: int = 50_000, height: int = 50_000) -> bytes:
    """A PNG of a few KB that would be `width * height` pixels of memory."""
    packed = zlib.compress(bytes(1 + width // 8) * 64, 9)
    header = pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def many_frames(frames: int) -> bytes:
    """A GIF of that many frames of one pixel."""
    frame = b"\x21\xf9\x04\x00\x01\x00\x00\x00" + b"\x2c" + bytes(4) + b"\x01\x00\x01\x00\x00" + b"\x02\x02\x44\x01\x00"
    return b"GIF89a\x01\x00\x01\x00\x80\x00\x00" + bytes(6) + frame * frames + b";"


def growing(width: int, height: int, frames: int) -> bytes:
    """A GIF that says it is one pixel, and has a frame that reaches far beyond."""
    big = b"\x2c" + bytes(4) + pack("<HH", width, height) + b"\x00\x02\x02\x44\x01\x00"
    start = many_frames(1)[:-1]
    return start + big * (frames - 1) + b";"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    target = BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


PNG = drawn("PNG")
JPEG = drawn("JPEG", quality=95)
GIF = drawn("GIF")
WEBP = drawn("WEBP")
