"""The door: who is calling, and whether they have calls left."""

from starlette.types import Scope

from services.gateway.address import ClientAddress, limiter_key
from services.gateway.call import Call
from services.gateway.charges import Charge, LoginCharge, login_key
from services.gateway.credentials import bearer
from services.gateway.limits import Limits
from services.gateway.routing import Route
from services.gateway.sessions import Session, Sessions
from shared.caller import Anonymous, Caller
from shared.problems import Problem, Unauthorized


class Admission:
    """Turns a request into a caller and charges the limits of HTTP.md."""

    def __init__(self, sessions: Sessions, limits: Limits, addresses: ClientAddress) -> None:
        self._sessions = sessions
        self._limits = limits
        self._addresses = addresses

    async def caller(self, route: Route, scope: Scope) -> Caller | Anonymous:
        """Who is calling; whoever it is has just used up one of their calls, a refused one included."""
        address = self._addresses.of(scope)
        try:
            session = await self._session(route, scope)
        except Problem:
            await self._limits.hit("http", limiter_key(address))
            raise
        await self._limits.hit("http", session.user_id if session else limiter_key(address))
        if session is None:
            return Anonymous(ip=str(address))
        return Caller(session.user_id, session.session_id, session.role, str(address))

    async def charge(self, call: Call, body: bytes = b"") -> Charge | None:
        """Take one from the limit that this route has of its own."""
        if call.route.limit is None:
            return None
        if call.route.limit == "login":
            return await LoginCharge(self._limits, "login", login_key(body, call.client), call.client).take()
        return await Charge(self._limits, call.route.limit, call.client).take()

    async def _session(self, route: Route, scope: Scope) -> Session | None:
        token = bearer(scope["headers"])
        if token is None:
            if route.open:
                return None
            raise Unauthorized
        try:
            return await self._sessions.authenticate(token, ("read" if route.method == "GET" else "write",))
        except Problem:
            if route.open:  # a client that logs in anew often still sends its old token along
                return None
            raise
