"""`/users/me` and `/auth/password`: one's own account."""

from fastapi import APIRouter, Response

from services.auth import queries
from services.auth.access import enter
from services.auth.actions.change_password import change_password
from services.auth.actions.delete_account import delete_account
from services.auth.actions.update_profile import update_profile
from services.auth.passwords import check_strength
from services.auth.schemas import Me, PasswordChange, PasswordProof, ProfileChanges
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
    return await wired.db.write(update_profile, caller, changes)


@router.delete("/users/me", status_code=204, tags=["users"])
async def delete_me(caller: SomeCaller, wired: Wired, proof: PasswordProof) -> Response:
    """Delete the account. Messages stay, without their author's name."""
    checked = await _proved(wired, caller, proof.password)
    await wired.db.write(delete_account, caller, checked)
    return Response(status_code=204)


@router.put("/auth/password", status_code=204, tags=["auth"])
async def put_password(caller: SomeCaller, wired: Wired, change: PasswordChange) -> Response:
    """Another password; the caller's other sessions end."""
    checked = await _proved(wired, caller, change.current_password)
    check_strength(change.new_password, "new_password", checked.username, checked.email)
    new_hash = await wired.passwords.hash(change.new_password)
    await wired.db.write(change_password, caller, checked, new_hash)
    return Response(status_code=204)


async def _proved(wired: Wiring, caller: Caller, password: str) -> UserRow:
    """The caller's account, if the password is right; guessing with a stolen token is limited like logging in."""
    user = await wired.db.read(enter, caller)
    with wired.attempts.counted(user.id, caller.ip):
        fits, _ = await wired.passwords.verify(password, user.password_hash)
        if not fits:
            raise Forbidden("bad_credentials", "The password is wrong.")
    return user
