"""One call that has found its route and whose caller is known."""

from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from services.gateway.address import limiter_key, parse
from services.gateway.headers import inward
from services.gateway.routing import Route
from services.gateway.upstream import Ask
from shared.caller import Anonymous, Caller


@dataclass(frozen=True, slots=True)
class Call:
    """What every step of the proxy needs to know."""

    route: Route
    params: tuple[str, ...]
    caller: Caller | Anonymous
    scope: Scope
    receive: Receive
    send: Send

    def ask(self) -> Ask:
        """The same call, as a question to the route's service."""
        path: bytes = self.scope["raw_path"]
        query: bytes = self.scope["query_string"]
        target = (path + b"?" + query if query else path).decode("ascii")
        headers = inward(self.scope["headers"])
        return Ask(self.route.service, self.caller, self.route.method, target, headers)

    @property
    def client(self) -> str:
        """Whom limits count: the person, or on open routes the address."""
        if isinstance(self.caller, Caller) and not self.route.open:
            return self.caller.user_id
        address = parse(self.caller.ip)
        return limiter_key(address) if address else self.caller.ip
