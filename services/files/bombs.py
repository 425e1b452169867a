"""Pictures that are small to send and large to open, told by their bytes before anything is decoded.

Pillow tells a picture's size from its first bytes; these two things it would find out only by reading all of it.
"""

import re
from struct import unpack, unpack_from
from typing import BinaryIO

# A sound animation has blocks of 255 bytes; one in crumbs is made to keep a reader busy.
_SPARE_BLOCKS = 100_000
_CRUMB = 32
_MOST_JUNK = 1024
_PIECE = 64 * 1024
_SCAN = re.compile(rb"\xff\xda")


class Malformed(Exception):
    """No picture that anybody's camera or editor has written."""


def gif_extent(file: BinaryIO, most: int) -> tuple[int, int, int]:
    """Width and height that a GIF grows to, and how many frames it has: `most + 1` if it has more."""
    file.seek(0, 2)
    walk = _Gif(file, _SPARE_BLOCKS + file.tell() // _CRUMB)
    frames = 0
    while frames <= most and walk.next_frame():
        frames += 1
    return walk.width, walk.height, frames


def jpeg_scans(file: BinaryIO, most: int) -> int:
    """How many scans a JPEG has, and more than `most` if it has more: each of them costs as much as a whole picture."""
    file.seek(0)
    scans, last = 0, b""
    while scans <= most and (piece := file.read(_PIECE)):
        scans += len(_SCAN.findall(last + piece))
        last = b"\xff" if piece.endswith(b"\xff") else b""
    return scans


class _Gif:
    """Walks over the blocks of a GIF."""

    def __init__(self, file: BinaryIO, blocks: int) -> None:
        self._file = file
        self._blocks = blocks
        self._junk = _MOST_JUNK
        file.seek(0)
        header = self._read(13)
        self.width, self.height = unpack_from("<HH", header, 6)
        self._skip_colours(header[10])

    def next_frame(self) -> bool:
        """Pass the next frame; False at the end."""
        while (kind := self._file.read(1)) not in (b"", b";"):
            if kind == b"!":
                self._read(1)
                self._skip_blocks()
            elif kind == b",":
                left, top, width, height, flags = unpack("<4HB", self._read(9))
                # A frame that reaches over the edge makes the whole picture larger.
                self.width, self.height = max(self.width, left + width), max(self.height, top + height)
                self._skip_colours(flags)
                self._read(1)
                self._skip_blocks()
                return True
            else:
                self._junk -= 1
                if self._junk < 0:
                    raise Malformed
        return False

    def _skip_colours(self, flags: int) -> None:
        if flags & 0x80:
            self._file.seek(3 << (flags & 7) + 1, 1)

    def _skip_blocks(self) -> None:
        while (size := self._file.read(1)) not in (b"", b"\0"):
            self._file.seek(size[0], 1)
            self._blocks -= 1
            if self._blocks < 0:
                raise Malformed

    def _read(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) < size:
            raise Malformed
        return data
