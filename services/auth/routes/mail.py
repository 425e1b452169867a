"""`/auth/email/…`, `/auth/password/…`: what is done by mail, where mail is sent."""

from fastapi import APIRouter, Response

from services.auth.actions.mail_codes import (
    ask_for_reset,
    ask_for_verification,
    require_code,
    reset_password,
    verify_email,
)
from services.auth.password_rules import check_strength
from services.auth.routes.client import From
from services.auth.schemas import EmailProof, ForgottenPassword, PasswordReset
from services.auth.security_log import note
from services.auth.tokens import digest
from services.auth.wiring import Wired
from shared.caller import SomeCaller
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1/auth", tags=["auth"], route_class=StrictRoute)


@router.post("/email/verification", status_code=202, response_class=Response)
async def post_verification(caller: SomeCaller, wired: Wired) -> Response:
    """A mail with a code to the caller's address, unless it is confirmed; at most one a minute."""
    if wired.mail_goes:
        await wired.db.write(ask_for_verification, caller)
    return Response(status_code=202)


@router.post("/email/verify", status_code=204)
async def post_verify(wired: Wired, proof: EmailProof) -> Response:
    """The code from that mail: the address is confirmed."""
    await wired.db.write(verify_email, digest(proof.code))
    return Response(status_code=204)


@router.post("/password/forgot", status_code=202, response_class=Response)
async def post_forgot(wired: Wired, forgotten: ForgottenPassword, client: From) -> Response:
    """A mail with a code, if somebody has this address. The answer is the same if nobody does, or no mail is sent."""
    if wired.mail_goes:
        await wired.db.write(ask_for_reset, forgotten.email)
    note("password forgotten", by=None, ip=client.ip)
    return Response(status_code=202)


@router.post("/password/reset", status_code=204)
async def post_reset(wired: Wired, reset: PasswordReset, client: From) -> Response:
    """The code from that mail, and a new password; every session and token ends."""
    code = digest(reset.code)
    user = await wired.db.read(require_code, code, "reset")
    check_strength(reset.new_password, "new_password", user.username, user.email, shortest=wired.password_min)
    await wired.db.write(reset_password, code, await wired.passwords.hash(reset.new_password))
    note("password reset", by=user.id, ip=client.ip)
    return Response(status_code=204)
