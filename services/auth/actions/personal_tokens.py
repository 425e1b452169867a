"""Give out, revoke and recognise personal access tokens: what bots and integrations come with."""

from dataclasses import dataclass
from datetime import timedelta

from services.auth.access import enter_in_person
from services.auth.actions.end_sessions import end_token
from services.auth.schemas import IssuedToken, NewToken, PersonalToken
from services.auth.store import tokens, users
from services.auth.store.tokens import TokenRow
from services.auth.tokens import digest
from shared.caller import Caller
from shared.database import WriteSession
from shared.ids import new_id
from shared.problems import Conflict, NotFound, Unauthorized

MOST_TOKENS = 50


@dataclass(frozen=True, slots=True)
class TokenAdmission:
    """Whom a token lets in, what for, and until when. `sid` is its id: it ends like a session."""

    sub: str
    sid: str
    role: str
    scopes: list[str]
    exp: int


def issue_token(tx: WriteSession, caller: Caller, wish: NewToken, token: str) -> IssuedToken:
    """Write down all about it but itself."""
    user = enter_in_person(tx, caller)
    if len(tokens.of_user(tx, user.id)) >= MOST_TOKENS:
        raise Conflict("too_many_tokens", f"At most {MOST_TOKENS} tokens; revoke one first.")
    row = TokenRow(
        id=new_id(),
        user_id=user.id,
        name=wish.name,
        scopes=" ".join(sorted(set(wish.scopes))),
        created_at=tx.now,
        expires_at=tx.now + timedelta(seconds=wish.expires_in),
        last_used_at=None,
        digest=digest(token),
    )
    tokens.add(tx, row)
    return IssuedToken(**shown(row).model_dump(), token=token)


def revoke_token(tx: WriteSession, caller: Caller, token_id: str) -> None:
    """One of the caller's; those of others are not there."""
    user = enter_in_person(tx, caller)
    token = tokens.find(tx, token_id)
    if token is None or token.user_id != user.id:
        raise NotFound("There is no such token.")
    end_token(tx, token.id, user.id)


def recognise_token(tx: WriteSession, token_digest: str) -> TokenAdmission:
    """What the token of this digest is good for now."""
    token = tokens.find_by_digest(tx, token_digest)
    user = users.find(tx, token.user_id) if token else None
    if token is None or user is None:
        raise Unauthorized(detail="The access token is not valid, or not any more.")
    tokens.touch(tx, token.id)
    return TokenAdmission(user.id, token.id, user.role, token.scopes.split(), int(token.expires_at.timestamp()))


def shown(row: TokenRow) -> PersonalToken:
    """As its owner may see it."""
    return PersonalToken.model_validate(
        {
            "id": row.id,
            "name": row.name,
            "scopes": row.scopes.split(),
            "created_at": row.created_at,
            "expires_at": row.expires_at,
            "last_used_at": row.last_used_at,
        }
    )
