"""A multipart form with one file in it, read as it comes in and never held.

python-multipart finds the parts; this module decides what is accepted: one part called `file`, with a file name. What
else a client sends is refused, after a few parts at once, so that no form can keep us busy.
"""

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from shared.problems import Invalid, Problem, UnsupportedMedia

FIELD = "file"
MAX_PARTS = 16
MAX_HEADERS = 8
MAX_HEADER_BYTES = 4096

# What may stand around the content: boundaries and the headers of all parts.
MAX_OVERHEAD = 64 * 1024


class FileForm:
    """Takes the body in chunks and gives back the file's bytes among them."""

    def __init__(self, content_type: str) -> None:
        self.filename: str | None = None
        self._boundary = _boundary(content_type)
        self._parser = self._new_parser()
        self._pieces: list[bytes] = []
        self._parts = 0
        self._taking = False
        self._ended = False
        self._refusal: Problem | None = None
        self._headers: dict[bytes, bytes] = {}
        self._field = self._value = b""

    def feed(self, chunk: bytes) -> list[bytes]:
        """Those pieces of the chunk that belong to the file."""
        self._pieces = []
        try:
            self._parser.write(chunk)
        except FormParserError:
            raise _malformed("The body is not a well-formed multipart form.") from None
        return self._pieces

    def close(self) -> str:
        """The name that the client gave the file. Raises a Problem when the form was cut off or not as it should be."""
        if not self._ended:
            raise _malformed("The body ends before its last boundary.")
        if self._refusal is not None:
            raise self._refusal
        if self.filename is None:
            raise Invalid("file_missing", "Send one part called `file`, with a file name.")
        return self.filename

    def _new_parser(self) -> MultipartParser:
        try:
            return MultipartParser(
                self._boundary,
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": self._header_field,
                    "on_header_value": self._header_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._begin_content,
                    "on_part_data": self._content,
                    "on_end": self._end,
                },
                max_header_count=MAX_HEADERS,
                max_header_size=MAX_HEADER_BYTES,
            )
        except FormParserError:
            raise _malformed("The boundary is too long.") from None

    def _begin_part(self) -> None:
        self._parts += 1
        self._taking = False
        self._headers = {}
        if self._parts > MAX_PARTS:
            raise _malformed(f"The form has more than {MAX_PARTS} parts.")

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field = self._value = b""

    def _begin_content(self) -> None:
        kind, options = parse_options_header(self._headers.get(b"content-disposition"))
        if kind != b"form-data" or b"name" not in options:
            raise _malformed("A part does not say which field it is.")
        name = options[b"name"].decode("utf-8", "replace")
        filename = options.get(b"filename", b"").decode("utf-8", "replace")
        if name != FIELD or self.filename is not None:
            self._refusal = self._refusal or Invalid("unexpected_part", "The form has parts other than one `file`.")
        elif filename:
            self.filename, self._taking = filename, True

    def _content(self, data: bytes, start: int, end: int) -> None:
        if self._taking:
            self._pieces.append(data[start:end])

    def _end(self) -> None:
        self._ended = True


def _boundary(content_type: str) -> bytes:
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        raise UnsupportedMedia("Send the file as multipart/form-data.")
    if not options.get(b"boundary"):
        raise _malformed("The content type names no boundary.")
    return options[b"boundary"]


def _malformed(detail: str) -> Problem:
    return Problem(400, "invalid_multipart", detail)
