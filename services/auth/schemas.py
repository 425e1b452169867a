"""The shapes of the API: what may be sent (strict, nothing unknown) and what is answered."""

from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from services.auth.fields import (
    MOST_EMAIL_BYTES,
    MOST_SENT,
    DisplayName,
    Email,
    LongText,
    NewPassword,
    Password,
    Username,
    encodable,
)
from services.auth.policy import Role, Scope
from shared.clock import Timestamp
from shared.ids import Id
from shared.schemas import AnswerModel, RequestModel

_HOUR = 3600
_TEN_YEARS = 10 * 366 * 24 * _HOUR
_A_YEAR = 366 * 24 * _HOUR
_MOST_USES = 10_000
_Secret = Annotated[str, Field(max_length=MOST_SENT, repr=False)]


class _Input(RequestModel):
    model_config = ConfigDict(strict=True)


class Registration(_Input):
    """Somebody who wants an account; without a display name the username is shown."""

    username: Username
    email: Email
    password: NewPassword
    display_name: DisplayName | None = None
    invite: Annotated[str | None, Field(max_length=64, repr=False)] = None


class Credentials(_Input):
    """A login; the e-mail address will do as the username."""

    username: Annotated[str, Field(min_length=1, max_length=MOST_EMAIL_BYTES), AfterValidator(encodable)]
    password: Password


class RefreshRequest(_Input):
    """The refresh token of the last Tokens."""

    refresh_token: _Secret


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


class NewToken(_Input):
    """A personal access token, good for 90 days unless said otherwise."""

    name: DisplayName
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=3)]
    expires_in: Annotated[int, Field(ge=60, le=_A_YEAR, description="seconds")] = 90 * 24 * _HOUR


class NewInvite(_Input):
    """An invitation to register, good once and for a week unless said otherwise."""

    max_uses: Annotated[int, Field(ge=1, le=_MOST_USES)] = 1
    expires_in: Annotated[int, Field(ge=60, le=_A_YEAR, description="seconds")] = 7 * 24 * _HOUR


class ForgottenPassword(_Input):
    """The address that a mail may go to."""

    email: Email


class PasswordReset(_Input):
    """The code from the mail, and the password from now on."""

    code: _Secret
    new_password: NewPassword


class EmailProof(_Input):
    """The code from the mail."""

    code: _Secret


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


class PersonalToken(AnswerModel):
    """A personal access token, as it can be shown at any time."""

    id: Id
    name: str
    scopes: list[Scope]
    created_at: Timestamp
    expires_at: Timestamp
    last_used_at: Timestamp | None = Field(description="to within some minutes")


class IssuedToken(PersonalToken):
    """The same with the token itself, which is never shown again."""

    token: str = Field(repr=False)


class RegistrationInvite(AnswerModel):
    """A code by which `max_uses` people may register."""

    id: Id
    code: str
    created_by: Id
    max_uses: int
    uses: int
    created_at: Timestamp
    expires_at: Timestamp


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
