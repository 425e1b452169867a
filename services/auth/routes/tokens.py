"""`/auth/tokens`: personal access tokens for bots and integrations."""

from typing import Any

from fastapi import APIRouter, Response

from services.auth import queries
from services.auth.actions.personal_tokens import issue_token, revoke_token
from services.auth.schemas import IssuedToken, NewToken, PersonalToken
from services.auth.security_log import note
from services.auth.tokens import new_personal_token
from services.auth.wiring import Wired
from shared.caller import SomeCaller
from shared.ids import Id
from shared.paging import Page, Paging
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1/auth/tokens", tags=["auth"], route_class=StrictRoute)


@router.post("", status_code=201)
async def post_token(caller: SomeCaller, wired: Wired, wish: NewToken, response: Response) -> IssuedToken:
    """A token that acts as the caller: `read` for GET, `write` for all else, `admin` with the caller's role.

    It is shown this once. Without an idempotency key, since an answer that is remembered would have it in it.
    """
    made = await wired.db.write(issue_token, caller, wish, new_personal_token())
    note("token issued", by=caller.user_id, ip=caller.ip, personal=made.id, scopes=made.scopes)
    response.headers["Cache-Control"] = "no-store"
    return made


@router.get("", response_model=Page[PersonalToken])
async def get_tokens(caller: SomeCaller, wired: Wired, page: Paging) -> dict[str, Any]:
    """The caller's tokens, newest first, without what they are."""
    after = page.after[0] if page.after else None
    found = await wired.db.read(queries.list_tokens, caller, after, page.fetch)
    return page.page(found, lambda token: [token.id])


@router.delete("/{token_id}", status_code=204)
async def delete_token(caller: SomeCaller, wired: Wired, token_id: Id) -> Response:
    """Revoke one of them, everywhere at once."""
    await wired.db.write(revoke_token, caller, token_id)
    note("token revoked", by=caller.user_id, ip=caller.ip, personal=token_id)
    return Response(status_code=204)
