"""Where a request comes from, as a session remembers it."""

from typing import Annotated

from fastapi import Depends, Request

from services.auth.actions.start_session import Client
from shared.caller import AnyCaller

_LONGEST_AGENT = 256
_LONGEST_IP = 64


async def _client(request: Request, caller: AnyCaller) -> Client:
    agent = request.headers.get("user-agent", "")
    printable = "".join(char for char in agent if char.isprintable())
    return Client(printable[:_LONGEST_AGENT], caller.ip[:_LONGEST_IP])


From = Annotated[Client, Depends(_client)]
