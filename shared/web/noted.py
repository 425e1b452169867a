"""What an answer's status was, for who looks on."""

from starlette.types import Message, Send


class NotedSend:
    """An application's way to answer, which remembers the status; 0 until there is one."""

    __slots__ = ("_send", "status")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)
