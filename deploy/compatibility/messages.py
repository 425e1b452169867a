"""What breaks who hears events, asks over NATS or speaks through a socket. No I/O; documents in, breaks out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.compatibility.schemas import Comparison, Schema, Side

Files = Mapping[str, Any]
"""The documents of a contract by their path in its folder."""


@dataclass(frozen=True)
class Break:
    """What of a service changed, and how; `kind` says to whom that matters."""

    kind: str
    name: str
    why: str


def broken_events(before: Files, now: Files) -> Iterator[Break]:
    """Events that followers could rely on, and can't any more."""
    for name, old, new in _pairs(before, now, "events/"):
        if new is None:
            yield Break("event", name, "it is not told any more")
        else:
            yield from _compared("event", name, "told", old, new, old, new)


def broken_methods(before: Files, now: Files) -> Iterator[Break]:
    """Requests over NATS: what is asked and what is answered."""
    for name, old, new in _pairs(before, now, "rpc/"):
        if new is None:
            yield Break("request", name, "it is not served any more")
        else:
            sides: tuple[tuple[str, Side], ...] = (("question", "taken"), ("answer", "told"))
            for part, side in sides:
                yield from _compared("request", name, side, old[part], new[part], old[part], new[part], part)


def broken_frames(before: Schema, now: Schema) -> Iterator[Break]:
    """The sockets of an AsyncAPI document: their addresses, what clients say, what they are told."""
    for name, channel in before["channels"].items():
        if channel["address"].startswith("/") and name not in now["channels"]:
            yield Break("frame", channel["address"], "there is no such socket any more")
    for name, old in before["components"]["messages"].items():
        sender, _, frame = name.partition(".")
        if sender not in ("client", "server"):
            continue  # the services' events are in their own contracts
        new = now["components"]["messages"].get(name)
        if new is None:
            yield Break("frame", frame, "it is not taken any more" if sender == "client" else "it is not told any more")
        else:
            side: Side = "taken" if sender == "client" else "told"
            yield from _compared("frame", frame, side, old["payload"], new["payload"], before, now)


def _compared(
    kind: str, name: str, side: Side, old: Any, new: Any, before: Schema, now: Schema, where: str = ""
) -> Iterator[Break]:
    for why in Comparison(side, before, now).breaks(old, new, where):
        yield Break(kind, name, why.removeprefix("."))


def _pairs(before: Files, now: Files, folder: str) -> Iterator[tuple[str, Any, Any]]:
    for path, document in before.items():
        if path.startswith(folder):
            yield path.removeprefix(folder).removesuffix(".json"), document, now.get(path)
