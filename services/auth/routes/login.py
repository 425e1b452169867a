"""`/auth/register`, `/auth/login`, `/auth/refresh`: open, since nobody is logged in yet."""

import hmac
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Response

from services.auth.actions.refresh import refresh
from services.auth.actions.register import could_register, register
from services.auth.actions.start_session import Client, start_session
from services.auth.password_rules import check_strength
from services.auth.routes.client import From
from services.auth.routes.credentials import REQUEST_BODY, SentCredentials
from services.auth.schemas import Credentials, Me, RefreshRequest, Registration, Tokens
from services.auth.security_log import note
from services.auth.store import users
from services.auth.store.users import UserRow
from services.auth.tokens import ACCESS_LIFETIME, RefreshToken
from services.auth.wiring import Wired, Wiring
from shared.clock import utc_now
from shared.ids import new_id
from shared.problems import Unauthorized
from shared.web.idempotency import Attempt, Idempotent, once
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1/auth", tags=["auth"], route_class=StrictRoute)
_REASONS = {
    "session_revoked": "This session has ended.",
    "token_reused": "This refresh token was used before; its session has ended.",
}


@router.post("/register", status_code=201, response_model=Me)
async def post_register(wired: Wired, attempt: Idempotent, draft: Registration, client: From) -> Me | Any:
    """A new account, if the house is open or the invitation good."""
    check_strength(draft.password, "password", draft.username, draft.email, shortest=wired.password_min)
    if attempt.key is None:
        # Before the costly part. With a key, this may be the same registration again.
        await wired.db.read(could_register, draft, wired.registration)
    draft = await wired.reviewer.review("", draft)
    password_hash = await wired.passwords.hash(draft.password)
    me = await wired.db.write(
        once, _blinded(wired, attempt), register, draft, password_hash, wired.registration, wired.mail_goes
    )
    note("registered", by=me.id if isinstance(me, Me) else me["id"], ip=client.ip)
    return me


@router.post("/login", openapi_extra=REQUEST_BODY)
async def post_login(wired: Wired, sent: SentCredentials, client: From, response: Response) -> Tokens:
    """A new session. Whether name or password were wrong cannot be told, by the answer or by its time."""
    user = await wired.db.read(users.find_by_login, sent.username)
    # By name and by e-mail one tries the same account.
    with wired.attempts.counted(user.id if user else sent.username, client.ip):
        checked, renewed = await _checked(wired, user, sent, client)
        token = wired.refresh_tokens.new(new_id())
        user = await wired.db.write(start_session, checked, renewed, token, client, wired.session_life)
    note("logged in", by=user.id, ip=client.ip, session=token.session_id)
    return _tokens(wired, user, token, response)


@router.post("/refresh")
async def post_refresh(wired: Wired, sent: RefreshRequest, client: From, response: Response) -> Tokens:
    """The next tokens. The refresh token that was sent is used up."""
    token = wired.refresh_tokens.read(sent.refresh_token)
    if token is None:
        raise Unauthorized(detail="The refresh token is not valid.")
    successor = wired.refresh_tokens.new(token.session_id)
    result = await wired.db.write(refresh, token, successor, client, wired.session_life)
    if isinstance(result, str):
        note("refresh refused", by=None, ip=client.ip, session=token.session_id, code=result)
        raise Unauthorized(result, _REASONS[result])
    return _tokens(wired, result, successor, response)


async def _checked(
    wired: Wiring, user: UserRow | None, sent: Credentials, client: Client
) -> tuple[UserRow, str | None]:
    fits, renewed = await wired.passwords.verify(sent.password, user.password_hash if user else None)
    if user is None or not fits:
        note("login refused", by=user.id if user else None, ip=client.ip)
        raise Unauthorized("bad_credentials", "The username or the password is wrong.")
    return user, renewed


def _tokens(wired: Wiring, user: UserRow, token: RefreshToken, response: Response) -> Tokens:
    response.headers["Cache-Control"] = "no-store"
    access_token = wired.access_tokens.issue(user.id, token.session_id, user.role, utc_now())
    return Tokens(
        access_token=access_token,
        refresh_token=token.text,
        expires_in=int(ACCESS_LIFETIME.total_seconds()),
    )


def _blinded(wired: Wiring, attempt: Attempt) -> Attempt:
    # The kit remembers a plain hash of the body, by which the password in it could be guessed.
    return replace(attempt, request=hmac.new(wired.request_key, attempt.request.encode(), "sha256").hexdigest())
