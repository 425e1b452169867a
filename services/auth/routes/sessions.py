"""`/auth/…` of those who are logged in: log out, sessions, tickets for sockets."""

from typing import Any

from fastapi import APIRouter, Response

from services.auth import queries
from services.auth.actions.end_sessions import end_own_session, log_out, log_out_everywhere
from services.auth.actions.tickets import issue_ticket
from services.auth.schemas import Session, Ticket
from services.auth.security_log import note
from services.auth.tokens import new_ticket
from services.auth.wiring import Wired
from shared.caller import SomeCaller
from shared.ids import Id
from shared.paging import Page, Paging
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1/auth", tags=["auth"], route_class=StrictRoute)


@router.post("/logout", status_code=204)
async def post_logout(caller: SomeCaller, wired: Wired) -> Response:
    """End this session everywhere."""
    await wired.db.write(log_out, caller)
    note("logged out", by=caller.user_id, ip=caller.ip, session=caller.session_id)
    return Response(status_code=204)


@router.post("/logout-all", status_code=204)
async def post_logout_all(caller: SomeCaller, wired: Wired) -> Response:
    """End all of the caller's sessions."""
    await wired.db.write(log_out_everywhere, caller)
    note("logged out everywhere", by=caller.user_id, ip=caller.ip)
    return Response(status_code=204)


@router.get("/sessions", response_model=Page[Session])
async def get_sessions(caller: SomeCaller, wired: Wired, page: Paging) -> dict[str, Any]:
    """The caller's sessions, newest first."""
    after = page.after[0] if page.after else None
    found = await wired.db.read(queries.list_sessions, caller, after, page.fetch)
    return page.page(found, lambda session: [session.id])


@router.delete("/sessions/{session_id}", status_code=204)
async def delete_session(caller: SomeCaller, wired: Wired, session_id: Id) -> Response:
    """End one of the caller's sessions."""
    await wired.db.write(end_own_session, caller, session_id)
    note("session ended", by=caller.user_id, ip=caller.ip, session=session_id)
    return Response(status_code=204)


@router.post("/ws-ticket", status_code=201)
async def post_ticket(caller: SomeCaller, wired: Wired, response: Response) -> Ticket:
    """A ticket that opens one socket within thirty seconds."""
    ticket = new_ticket()
    expires_at = await wired.db.write(issue_ticket, caller, ticket)
    response.headers["Cache-Control"] = "no-store"
    return Ticket(ticket=ticket, expires_at=expires_at)
