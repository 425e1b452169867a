"""What a content is, told by its first bytes and never by what the client says of it.

The list is closed: what is not on it is served as plain bytes to save. A name that claims to be a picture or a PDF
while the content is something else is refused, because such a file only exists to deceive.
"""

import filetype  # type: ignore[import-untyped]
from filetype.types import archive, audio, image, video  # type: ignore[import-untyped]

from services.files.names import extension
from shared.problems import UnsupportedMedia

HEAD_BYTES = 8192
UNKNOWN = "application/octet-stream"

# What is looked into, and written anew before it is kept.
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
# Only these are shown by a browser in place; none of them can carry a script.
INLINE = PICTURES

_MATCHERS = (
    image.Jpeg(),
    image.Apng(),
    image.Png(),
    image.Gif(),
    image.Webp(),
    video.Mp4(),
    video.Webm(),
    audio.Mp3(),
    audio.Ogg(),
    audio.Flac(),
    audio.Wav(),
    archive.Pdf(),
    archive.Zip(),
    archive.Gz(),
)
_SPELLING = {"image/apng": "image/png"}  # an animated PNG is a PNG to whoever does not play it
_CLAIMS = {
    "png": "image/png",
    "apng": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "pdf": "application/pdf",
}


def content_type(head: bytes, name: str) -> str:
    """The type of a content that begins with `head`. Raises UnsupportedMedia when `name` claims another one."""
    found = _sniff(head)
    claimed = _CLAIMS.get(extension(name))
    if claimed is not None and claimed != found:
        raise UnsupportedMedia("The content is not what the name of the file says it is.")
    return found


def picture_type(head: bytes) -> str:
    """The type of a picture that begins with `head`. Raises UnsupportedMedia for anything else."""
    found = _sniff(head)
    if found not in PICTURES:
        raise UnsupportedMedia("Send a PNG, JPEG, WebP or GIF picture.")
    return found


def _sniff(head: bytes) -> str:
    match = filetype.match(head[:HEAD_BYTES], matchers=_MATCHERS)
    return UNKNOWN if match is None else _SPELLING.get(match.mime, match.mime)
