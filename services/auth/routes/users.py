"""`/users`: people, their roles and bans."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from services.auth import queries
from services.auth.actions.ban import ban, unban
from services.auth.actions.set_role import set_role
from services.auth.schemas import BanRequest, Restriction, RoleChange, User
from services.auth.security_log import note
from services.auth.wiring import Wired
from shared.caller import SomeCaller
from shared.ids import Id
from shared.paging import Page, Paging
from shared.problems import Invalid
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1/users", tags=["users"], route_class=StrictRoute)


@router.get("", response_model=Page[User])
async def get_users(
    _: SomeCaller,
    wired: Wired,
    page: Paging,
    q: Annotated[str, Query(max_length=64, description="how a username or display name begins")] = "",
) -> dict[str, Any]:
    """People by username."""
    if "\0" in q:
        raise Invalid("invalid", "No name has a NUL character.")
    after = page.after[0] if page.after else None
    found = await wired.db.read(queries.list_users, q.strip(), after, page.fetch)
    return page.page(found, lambda user: [user.username.lower()])


@router.get("/{user_id}")
async def get_user(_: SomeCaller, wired: Wired, user_id: Id) -> User:
    """A public profile."""
    return await wired.db.read(queries.show_user, user_id)


@router.put("/{user_id}/role")
async def put_role(caller: SomeCaller, wired: Wired, user_id: Id, change: RoleChange) -> User:
    """Another role in the house, at once (admins)."""
    user = await wired.db.write(set_role, caller, user_id, change.role)
    note("role given", by=caller.user_id, ip=caller.ip, to=user_id, role=change.role)
    return user


@router.post("/{user_id}/ban")
async def post_ban(caller: SomeCaller, wired: Wired, user_id: Id, wish: BanRequest | None = None) -> Restriction:
    """Keep somebody out of the whole house (moderators and admins, of those below them)."""
    restriction = await wired.db.write(ban, caller, user_id, wish or BanRequest())
    note("banned", by=caller.user_id, ip=caller.ip, whom=user_id)
    return restriction


@router.delete("/{user_id}/ban", status_code=204)
async def delete_ban(caller: SomeCaller, wired: Wired, user_id: Id) -> Response:
    """Let somebody in again."""
    await wired.db.write(unban, caller, user_id)
    note("ban lifted", by=caller.user_id, ip=caller.ip, whom=user_id)
    return Response(status_code=204)
