"""The kinds of text that people send: how each is brought into one form, and what is refused."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from services.auth.password_rules import LONGEST, SHORTEST, normalised

USERNAME = r"^[A-Za-z0-9_.-]{3,32}$"
MOST_EMAIL_BYTES = 254
MOST_SENT = 1024
_EMAIL = re.compile(r"[^\s@\"(),:;<>\[\\\]]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W_](?:[\w-]{0,61}[^\W_])?")
_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _readable(text: str, allowed: str = "") -> str:
    """Refuse what would lie to the reader: control characters, lone surrogates, changes of direction."""
    text = unicodedata.normalize("NFC", text).strip()
    for char in text:
        if char in _REORDERING or (char not in allowed and unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")):
            raise ValueError(f"U+{ord(char):04X} is not allowed here")
    return text


def _display_name(text: str) -> str:
    text = _readable(text)
    if not any(unicodedata.category(char)[0] in "LNPS" for char in text):
        raise ValueError("a name needs at least one visible character")
    if len(text) > 64:
        raise ValueError("a name has at most 64 characters")
    return text


def _long_text(text: str) -> str:
    text = _readable(text, allowed="\n\t")
    if len(text) > 500:
        raise ValueError("at most 500 characters")
    return text


def _email(text: str) -> str:
    text = _readable(text)
    if len(text.encode()) > MOST_EMAIL_BYTES or not _EMAIL.fullmatch(text) or ".." in text.partition("@")[0]:
        raise ValueError("this is not an e-mail address")
    return text


def _new_password(text: str) -> str:
    if not SHORTEST <= len(normalised(text)) <= LONGEST:
        raise ValueError(f"a password has {SHORTEST} to {LONGEST} characters")
    return text


def encodable(text: str) -> str:
    """Refuse what UTF-8 has no bytes for."""
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("this is not text")
    return text


Username = Annotated[str, Field(pattern=USERNAME)]
DisplayName = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_display_name)]
LongText = Annotated[str, Field(max_length=500), AfterValidator(_long_text)]
Email = Annotated[
    str,
    Field(max_length=MOST_EMAIL_BYTES),
    AfterValidator(_email),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": MOST_EMAIL_BYTES}),
]
NewPassword = Annotated[
    str,
    Field(max_length=MOST_SENT, repr=False),
    AfterValidator(encodable),
    AfterValidator(_new_password),
    WithJsonSchema({"type": "string", "format": "password", "minLength": SHORTEST, "maxLength": LONGEST}),
]
Password = Annotated[
    str,
    Field(max_length=MOST_SENT, repr=False),
    AfterValidator(encodable),
    WithJsonSchema({"type": "string", "format": "password", "maxLength": MOST_SENT}),
]
