"""What every client did and saw, and the invariants that hold over it (RELIABILITY.md §3.1)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any


@dataclass
class Send:
    """One message as its sender knows it: times are of one monotonic clock; `seq` once it was acked."""

    client_id: str
    author_id: str
    content: str
    invoked: float
    acked: float | None = None
    seq: int | None = None
    tries: int = 0


@dataclass
class Listener:
    """All entries that one listener was shown in a room, over all its connections, as (seq, client_id or None)."""

    name: str
    shown: list[tuple[int, str | None]] = field(default_factory=list)
    resyncs: int = 0


@dataclass
class History:
    """A whole run; `stored` is the room's history read afterwards over HTTP, `log` every entry from a fresh replay."""

    sends: list[Send] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)
    stored: list[dict[str, Any]] = field(default_factory=list)
    log: list[dict[str, Any]] = field(default_factory=list)

    @property
    def acked(self) -> list[Send]:
        """The sends that were acked."""
        return [send for send in self.sends if send.seq is not None]


def violations(history: History) -> list[str]:
    """Every broken promise, in words; empty when all hold."""
    stored = {one["client_id"]: one for one in history.stored}
    numbers = [entry["seq"] for entry in history.log]
    head = max(numbers, default=0)
    found: list[str] = []
    if numbers != list(range(1, head + 1)):
        found.append("I1 the room's numbers have gaps or repeats")
    twice = [key for key, count in Counter(one["client_id"] for one in history.stored).items() if count > 1]
    found += [f"I2 {key} is stored more than once" for key in twice]
    for send in history.acked:
        found += _of_acked(send, stored.get(send.client_id))
    invented = stored.keys() - {send.client_id for send in history.sends}
    found += [f"I5 {key} was never sent" for key in invented]
    for listener in history.listeners:
        found += _of_listener(listener, stored, head)
    return found + _of_order(history.acked) + _of_authority(history.log)


def _of_acked(send: Send, kept: dict[str, Any] | None) -> Iterable[str]:
    if kept is None:
        yield f"I3 {send.client_id} was acked as {send.seq} and is not stored"
    elif kept["seq"] != send.seq:
        yield f"I4 {send.client_id} was acked as {send.seq} and is stored as {kept['seq']}"
    elif kept["content"] != send.content:
        yield f"I7 {send.client_id} is stored with another content"


def _of_listener(listener: Listener, stored: dict[str, dict[str, Any]], head: int) -> list[str]:
    numbers = [seq for seq, _ in listener.shown]
    found = []
    if numbers and numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        at = next(i for i, (a, b) in enumerate(pairwise(numbers)) if b != a + 1)
        found.append(f"I6 {listener.name} was shown {numbers[at]} and then {numbers[at + 1]}")
    if not numbers or numbers[-1] != head:
        found.append(f"I8 {listener.name} ended at {numbers[-1] if numbers else None}, the room at {head}")
    if listener.resyncs:
        found.append(f"I6 {listener.name} was told to resync")
    for seq, client_id in listener.shown:
        if client_id is not None and stored.get(client_id, {}).get("seq") != seq:
            found.append(f"I7 {listener.name} was shown {client_id} as {seq}")
    return found


def _of_order(acked: list[Send]) -> list[str]:
    """I9: what was acked before another send began has the lower number."""
    found = []
    by_invocation = sorted(acked, key=lambda send: send.invoked)
    by_ack = sorted(acked, key=lambda send: send.acked or 0)
    highest, index = 0, 0
    for send in by_invocation:
        while (by_ack[index].acked or 0) < send.invoked:
            highest = max(highest, by_ack[index].seq or 0)
            index += 1
        if (send.seq or 0) <= highest:
            found.append(f"I9 {send.client_id} has {send.seq}, but {highest} was acked before it began")
    return found


def _of_authority(log: list[dict[str, Any]]) -> list[str]:
    """I10: nothing comes from who is not in the room, or may not write in it, at that number."""
    inside: set[str] = set()
    silenced: set[str] = set()
    found = []
    for entry in log:
        match entry["type"]:
            case "member.joined":
                inside.add(entry["user_id"])
            case "member.left" | "member.banned":
                inside.discard(entry["user_id"])
            case "member.muted":
                silenced.add(entry["user_id"])
            case "member.unmuted":
                silenced.discard(entry["user_id"])
            case "message.created" if entry["message"]["author"]["id"] not in inside - silenced:
                found.append(f"I10 {entry['seq']} comes from somebody who may not write at that number")
    return found
