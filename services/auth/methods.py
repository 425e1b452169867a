"""What auth answers over NATS, for the contract; a serving process has no use for this."""

from typing import Any

from pydantic import BaseModel

from services.auth.actions.personal_tokens import TokenAdmission
from services.auth.actions.tickets import Admission
from services.auth.rpc import PersonalTokenQuestion, TicketQuestion, UsersQuestion
from services.auth.schemas import User
from shared.contract import OUTBOX, Method


class Users(BaseModel):
    """Those who were found, in no order."""

    users: list[User]


class Key(BaseModel):
    """A public key as RFC 8037 has it."""

    kty: str
    crv: str
    x: str
    kid: str
    use: str
    alg: str


class KeySet(BaseModel):
    """The keys that access tokens are checked with (RFC 7517)."""

    keys: list[Key]


METHODS = {
    "users": Method(UsersQuestion, Users),
    "jwks": Method(dict[str, Any], KeySet),
    "tickets.redeem": Method(TicketQuestion, Admission),
    "tokens.recognise": Method(PersonalTokenQuestion, TokenAdmission),
    "outbox": OUTBOX,
}
