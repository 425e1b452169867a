"""Without the protections of what services tell each other: outbox and inbox."""

from typing import Any

from tests.faults.mutants.breaking import replace


def no_refill(outbox: Any) -> None:
    """What the broker once confirmed is never published again."""
    replace(outbox, "_where_to_go_on", lambda now, remembered, published, stream_seq: published)


def no_outbox_row(recording: Any) -> None:
    """What was recorded is published from memory after the commit, and stands nowhere."""

    class Forgetful:
        def __init__(self, connection: Any) -> None:
            self.connection = connection

        def execute(self, statement: Any, *args: Any) -> Any:
            into = getattr(statement, "table", None)
            return None if into is recording.outbox else self.connection.execute(statement, *args)

    def append_nothing(connection: Any, event: Any, now: Any) -> Any:
        return append(Forgetful(connection), event, now)

    append = replace(recording, "append", append_nothing)


def no_pull(follower: Any) -> None:
    """A follower only hears; it never asks for what it missed."""

    async def fetch_nothing(self: Any) -> int:
        return int((await self._known()).last_id)

    replace(follower.Follower, "_fetch_all", fetch_nothing)


def cursor_in_memory_first(apply: Any) -> None:
    """How far a producer was followed is remembered before the commit, and believed when it fails."""
    reached: dict[str, Any] = {}

    def cursor_from_memory(tx: Any, producer: str) -> Any:
        return reached.get(producer) or stored(tx, producer)

    def move_first(self: Any, tx: Any, start: Any, now: Any, missing: bool = False) -> Any:
        reached[self._producer] = now
        return move(self, tx, start, now, missing)

    stored = replace(apply, "cursor", cursor_from_memory)
    move = replace(apply.Applier, "_move", move_first)


def applied_again(apply: Any) -> None:
    """What was applied already is applied when it comes again."""

    def take(self: Any, tx: Any, now: Any, event: Any) -> Any:
        taken = old(self, tx, apply.Cursor(now.epoch, 0), event)
        return apply.Cursor(now.epoch, max(now.last_id, taken.last_id))

    old = replace(apply.Applier, "_take", take)


def noted_again(audit: Any) -> None:
    """The audit log does not look whether it has the act."""
    replace(audit, "is_noted", lambda tx, act: False)
