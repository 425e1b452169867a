"""`/users/me` and `/auth/password`: one's own account."""

from fastapi import APIRouter, Response

from services.auth import queries
from services.auth.access import enter_in_person
from services.auth.actions.change_password import change_password
from services.auth.actions.delete_account import delete_account
from services.auth.actions.update_profile import update_profile
from services.auth.password_rules import check_strength
from services.auth.schemas import Me, PasswordChange, PasswordProof, ProfileChanges
from services.auth.security_log import note
from services.auth.store.users import UserRow
from services.auth.wiring import Wired, Wiring
from shared.caller import Caller, SomeCaller
from shared.problems import Forbidden
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1", route_class=StrictRoute)


@router.get("/users/me", tags=["users"])
async def get_me(caller: SomeCaller, wired: Wired) -> Me:
    """The caller's own profile."""
    return await wired.db.read(queries.show_me, caller)


@router.put("/users/me", tags=["users"])
async def put_me(caller: SomeCaller, wired: Wired, changes: ProfileChanges) -> Me:
    """Change any of it."""
    reviewed = await wired.reviewer.review(caller.user_id, changes)
    return await wired.db.write(update_profile, caller, reviewed, wired.mail_goes)


@router.delete("/users/me", status_code=204, tags=["users"])
async def delete_me(caller: SomeCaller, wired: Wired, proof: PasswordProof) -> Response:
    """Delete the account. Messages stay, without their author's name."""
    checked = await _proved(wired, caller, proof.password)
    await wired.db.write(delete_account, caller, checked)
    note("account deleted", by=caller.user_id, ip=caller.ip)
    return Response(status_code=204)


@router.put("/auth/password", status_code=204, tags=["auth"])
async def put_password(caller: SomeCaller, wired: Wired, change: PasswordChange) -> Response:
    """Another password; the caller's other sessions end."""
    checked = await _proved(wired, caller, change.current_password)
    names = checked.username, checked.email
    check_strength(change.new_password, "new_password", *names, shortest=wired.password_min)
    new_hash = await wired.passwords.hash(change.new_password)
    await wired.db.write(change_password, caller, checked, new_hash)
    note("password changed", by=caller.user_id, ip=caller.ip)
    return Response(status_code=204)


async def _proved(wired: Wiring, caller: Caller, password: str) -> UserRow:
    """The caller's account, if the password is right; guessing with a stolen token is limited like logging in."""
    user = await wired.db.read(enter_in_person, caller)
    with wired.attempts.counted(user.id, caller.ip):
        fits, _ = await wired.passwords.verify(password, user.password_hash)
        if not fits:
            note("password refused", by=user.id, ip=caller.ip)
            raise Forbidden("bad_credentials", "The password is wrong.")
    return user
