"""What concerns a person wherever they are: a `notice` on every socket of theirs, best effort."""

from collections.abc import Iterable
from typing import Any

import orjson

from services.gateway.realtime.frames import render
from services.gateway.realtime.registry import Registry
from shared.bus import Bus

# The subject it is told on, and the code under which it is shown.
_HEARD = {
    "messaging.user.*.mentioned": "mention",
    "messaging.user.*.direct": "dm",
    "rooms.user.*.invited": "invite",
    "moderation.user.*.report_resolved": "report",
    "moderation.user.*.message_approved": "held",
    "moderation.user.*.message_rejected": "held",
    "messaging.user.*.rejected": "held",
}


class Notices:
    """Hears what services tell a person, on this gateway's own account."""

    def __init__(self, bus: Bus, registry: Registry) -> None:
        self._bus = bus
        self._registry = registry

    async def follow(self) -> None:
        """Show notices from now on."""
        for subject, code in _HEARD.items():
            await self._bus.subscribe(subject, self._showing(code))

    def _showing(self, code: str) -> Any:
        async def show(message: Any) -> None:
            user_id = message.subject.split(".")[2]
            clients = self._registry.of(user_id)
            if not clients:
                return
            for body in _bodies(orjson.loads(message.data)):
                shown = {
                    name: value for name, value in body.items() if name not in ("user_id", "reporter_id", "author_id")
                }
                frame = render({**shown, "type": "notice", "code": code})
                for client in clients:
                    client.wire.write(frame)

        return show


def _bodies(told: Any) -> Iterable[dict[str, Any]]:
    """Live notes are one object; events come in their envelopes, some at a time."""
    return [envelope["data"] for envelope in told] if isinstance(told, list) else [told]
