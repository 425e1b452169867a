"""`python -m deploy.event_list [--check]`: writes docs/events.md and docs/frames.md, or says that they are out of date.

Both are the committed AsyncAPI document for the eye: names, what they mean, and their fields.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.nats.permissions import PRODUCERS, ROLES

_ROOT = Path(__file__).parents[1]
_DOCUMENT = _ROOT / "services" / "gateway" / "contract" / "asyncapi.json"
_GENERATED = (
    "Written by `make contracts` from the committed contracts; their types are in `/asyncapi.json`. `?`: may be absent."
)
_ENVELOPE = (
    "Every event travels in an envelope: `id` (contiguous for each producer), `epoch`, `producer`, `type`,",
    "`subject`, `at`, `request_id`, and `data` with the fields below. Messaging tells the entries of rooms, in their",
    "order: see [frames.md](frames.md).",
)
Schema = dict[str, Any]


def pages() -> dict[Path, str]:
    """Each page, and what has to be in it."""
    components = json.loads(_DOCUMENT.read_text("utf-8"))["components"]
    return {
        _ROOT / "docs" / "events.md": "\n".join(_events(components)) + "\n",
        _ROOT / "docs" / "frames.md": "\n".join(_frames(components)) + "\n",
    }


def main(check: bool) -> int:
    """Write the pages; with `check`, write nothing and return 1 if one is not as it has to be."""
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text("utf-8") != text]
    if check and stale:
        print("out of date (make contracts):", *(path.relative_to(_ROOT) for path in stale), sep="\n  ")
        return 1
    for path in stale:
        path.write_text(pages()[path], "utf-8")
    return 0


def _events(components: Schema) -> Iterator[str]:
    yield from ("# What services tell each other", "", _GENERATED)
    yield from ("", *_ENVELOPE)
    for producer in PRODUCERS:
        told = {name: one for name, one in components["messages"].items() if name.startswith(f"{producer}.")}
        if told:
            heard = ", ".join(name for name, role in ROLES.items() if producer in role.follows)
            yield from ("", f"## {producer}", "", f"Followed by {heard}.", "")
            yield from _table("subject", ((_subject(name), one["payload"]) for name, one in told.items()), components)


def _frames(components: Schema) -> Iterator[str]:
    yield from ("# The frames of the sockets", "", _GENERATED)
    for side, title in (("client", "What clients say"), ("server", "What they are told")):
        said = {name: one for name, one in components["messages"].items() if name.startswith(f"{side}.")}
        yield from ("", f"## {title}", "")
        yield from _table("type", ((f"`{one['name']}`", one["payload"]) for one in said.values()), components)


def _table(first: str, rows: Iterator[tuple[str, Schema]], components: Schema) -> Iterator[str]:
    yield f"| {first} | what | fields |"
    yield "| --- | --- | --- |"
    for name, payload in rows:
        schema = components["schemas"][payload["$ref"].rpartition("/")[2]] if "$ref" in payload else payload
        what = " ".join(schema.get("description", "").split()).replace("|", "\\|")
        yield f"| {name} | {what} | {', '.join(_fields(schema))} |"


def _fields(schema: Schema) -> Iterator[str]:
    required = schema.get("required", ())
    for name in schema.get("properties", {}):
        if name != "type":
            yield f"`{name}`" if name in required else f"`{name}?`"


def _subject(name: str) -> str:
    producer, thing, happened = name.split(".")
    return f"`{producer}.{thing}.<id>.{happened}`"


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
