"""What every client did and saw, and the invariants I1 to I14 that hold over it (RELIABILITY.md §3.1).

I14's other half, I15 and I16 are of what processes write and keep: `aftermath.py`.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

CONVERGED = 10.0  # s; three are promised on a machine that has nothing else to do
_REMOVALS = ("member.left", "member.banned")
_MAY_FAIL_WITH = (503, 504)  # HTTP.md: not now; nobody answered in time


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


class Shown(NamedTuple):
    """An entry as somebody was shown it; the rest is None where it is no message."""

    seq: int
    client_id: str | None = None
    content: str | None = None

    @staticmethod
    def of(frame: dict[str, Any]) -> "Shown":
        """What a frame shows."""
        message = (frame.get("message") or {}) if frame["type"] == "message.created" else {}
        return Shown(frame["seq"], message.get("client_id"), message.get("content"))


@dataclass
class Listener:
    """All entries that a listener was shown in a room, over all its connections; `last_at` is when the last came."""

    name: str
    shown: list[Shown] = field(default_factory=list)
    resyncs: int = 0
    last_at: float = 0.0


@dataclass
class Stay:
    """The entries that somebody who is removed again was shown on one connection."""

    user_id: str
    entries: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class History:
    """A whole run of one room.

    `stored` is the room's history read afterwards over HTTP, `log` every entry from a fresh replay, `over` when all was
    sent and everything ran again, `statuses` what calls were answered, `removed` how many removals succeeded.
    """

    sends: list[Send] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    removed: int = 0
    over: float | None = None
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
    sent = {send.client_id for send in history.sends}
    found += [f"I5 {key} was never sent" for key in stored.keys() - sent]
    for listener in history.listeners:
        found += _of_listener(listener, head)
        found += _of_content(listener.name, listener.shown, sent, stored)
        if history.over is not None and listener.last_at > history.over + CONVERGED:
            found.append(f"I13 {listener.name} had all only {listener.last_at - history.over:.1f} s after the end")
    found += _of_content("a replay", map(Shown.of, history.log), sent, stored)
    failed = [status for status in history.statuses if status >= 500 and status not in _MAY_FAIL_WITH]
    found += [f"I14 a call was answered {status}" for status in failed]
    if (done := removals(history.log)) < history.removed:
        found.append(f"I12 {history.removed} removals were answered, {done} are in the room's order")
    for stay in history.stays:
        found += _of_stay(stay)
    return [*found, *_of_order(history.acked), *_of_authority(history.log)]


def removals(log: list[dict[str, Any]]) -> int:
    """How many were removed from a room by somebody else."""
    return sum(entry["type"] == "member.left" and entry["reason"] == "kicked" for entry in log)


def of_effects(told: int, noted: int) -> list[str]:
    """I11, I12: so many removals are in the rooms' order, and in the log that another service makes of them."""
    if told == noted:
        return []
    return [f"{'I12' if noted < told else 'I11'} {told} were removed, {noted} removals are in the audit log"]


def _of_acked(send: Send, kept: dict[str, Any] | None) -> Iterable[str]:
    if kept is None:
        yield f"I3 {send.client_id} was acked as {send.seq} and is not stored"
    elif kept["seq"] != send.seq:
        yield f"I4 {send.client_id} was acked as {send.seq} and is stored as {kept['seq']}"
    elif kept["content"] != send.content:
        yield f"I7 {send.client_id} is stored with another content"


def _of_listener(listener: Listener, head: int) -> list[str]:
    numbers = [one.seq for one in listener.shown]
    found = []
    if numbers and numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        at = next(i for i, (a, b) in enumerate(pairwise(numbers)) if b != a + 1)
        found.append(f"I6 {listener.name} was shown {numbers[at]} and then {numbers[at + 1]}")
    if not numbers or numbers[-1] != head:
        found.append(f"I8 {listener.name} ended at {numbers[-1] if numbers else None}, the room at {head}")
    if listener.resyncs:
        found.append(f"I6 {listener.name} was told to resync")
    return found


def _of_content(who: str, shown: Iterable[Shown], sent: set[str], stored: dict[str, dict[str, Any]]) -> Iterable[str]:
    """I5, I7: what somebody was shown is what was sent and is stored."""
    for one in shown:
        if one.client_id is None:
            continue
        kept = stored.get(one.client_id)
        if one.client_id not in sent:
            yield f"I5 {who} was shown {one.client_id}, which was never sent"
        elif kept is None or (kept["seq"], kept["content"]) != (one.seq, one.content):
            yield f"I7 {who} was shown {one}, stored is {kept}"


def _of_stay(stay: Stay) -> Iterable[str]:
    """I6, and the half of I10 that is about reading: their removal is the last that they are shown."""
    for before, after in pairwise(stay.entries):
        if after["seq"] != before["seq"] + 1:
            yield f"I6 {stay.user_id} was shown {before['seq']} and then {after['seq']}"
        if before["type"] in _REMOVALS and before["user_id"] == stay.user_id:
            yield f"I10 {after['seq']} was shown to who was removed by {before['seq']}"


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
