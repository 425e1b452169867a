"""The shapes of the API: what may be sent (strict, nothing unknown) and what is answered."""

import re
import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema

from services.auth.passwords import LONGEST, SHORTEST, normalised
from services.auth.policy import Role
from shared.clock import Timestamp
from shared.ids import Id
from shared.schemas import AnswerModel, RequestModel

USERNAME = r"^[A-Za-z0-9_.-]{3,32}$"
_TEN_YEARS = 10 * 366 * 24 * 3600
_MOST_EMAIL_BYTES = 254
_MOST_SENT = 1024
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
    if len(text.encode()) > _MOST_EMAIL_BYTES or not _EMAIL.fullmatch(text) or ".." in text.partition("@")[0]:
        raise ValueError("this is not an e-mail address")
    return text


def _new_password(text: str) -> str:
    if not SHORTEST <= len(normalised(text)) <= LONGEST:
        raise ValueError(f"a password has {SHORTEST} to {LONGEST} characters")
    return text


def _encodable(text: str) -> str:
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("this is not text")
    return text


Username = Annotated[str, Field(pattern=USERNAME)]
DisplayName = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_display_name)]
LongText = Annotated[str, Field(max_length=500), AfterValidator(_long_text)]
Email = Annotated[
    str,
    Field(max_length=_MOST_EMAIL_BYTES),
    AfterValidator(_email),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": _MOST_EMAIL_BYTES}),
]
NewPassword = Annotated[
    str,
    Field(max_length=_MOST_SENT, repr=False),
    AfterValidator(_encodable),
    AfterValidator(_new_password),
    WithJsonSchema({"type": "string", "format": "password", "minLength": SHORTEST, "maxLength": LONGEST}),
]
Password = Annotated[
    str,
    Field(max_length=_MOST_SENT, repr=False),
    AfterValidator(_encodable),
    WithJsonSchema({"type": "string", "format": "password", "maxLength": _MOST_SENT}),
]


class _Input(RequestModel):
    model_config = ConfigDict(strict=True)


class Registration(_Input):
    """Somebody who wants an account; without a display name the username is shown."""

    username: Username
    email: Email
    password: NewPassword
    display_name: DisplayName | None = None


class Credentials(_Input):
    """A login; the e-mail address will do as the username."""

    username: Annotated[str, Field(min_length=1, max_length=_MOST_EMAIL_BYTES), AfterValidator(_encodable)]
    password: Password


class RefreshRequest(_Input):
    """The refresh token of the last Tokens."""

    refresh_token: Annotated[str, Field(max_length=_MOST_SENT, repr=False)]


class PasswordChange(_Input):
    """The old one, and the new one."""

    current_password: Password
    new_password: NewPassword


class PasswordProof(_Input):
    """What a stolen token alone must not do is asked for with the password."""

    password: Password


class ProfileChanges(_Input):
    """Any of these."""

    display_name: DisplayName | None = None
    bio: LongText | None = None
    email: Email | None = None


class RoleChange(_Input):
    """The role from now on."""

    role: Role


class BanRequest(_Input):
    """For ever without a duration."""

    reason: LongText = ""
    duration_seconds: Annotated[int, Field(ge=1, le=_TEN_YEARS)] | None = None


class User(AnswerModel):
    """The public profile."""

    id: Id
    username: str
    display_name: str
    bio: str
    avatar_url: str | None
    role: Role
    created_at: Timestamp


class Me(User):
    """One's own profile."""

    email: str
    email_verified: bool


class Tokens(AnswerModel):
    """What a client logs in with from now on; `expires_in` (seconds) is the access token's."""

    access_token: str = Field(repr=False)
    refresh_token: str = Field(repr=False)
    token_type: Literal["bearer"] = "bearer"  # noqa: S105
    expires_in: int


class Session(AnswerModel):
    """One login; `current` is the one that asks."""

    id: Id
    created_at: Timestamp
    last_used_at: Timestamp
    user_agent: str
    ip: str
    current: bool


class Ticket(AnswerModel):
    """Opens one socket, by `?token=`."""

    ticket: str = Field(repr=False)
    expires_at: Timestamp


class Restriction(AnswerModel):
    """A ban from the whole house."""

    room_id: None = None
    user_id: Id
    kind: Literal["ban"] = "ban"
    reason: str
    by: Id
    expires_at: Timestamp | None
    created_at: Timestamp


class PublicKey(AnswerModel):
    """A JSON Web Key (RFC 8037)."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: str
    kid: str
    use: Literal["sig"]
    alg: Literal["EdDSA"]


class PublicKeys(AnswerModel):
    """A JSON Web Key Set."""

    keys: list[PublicKey]
