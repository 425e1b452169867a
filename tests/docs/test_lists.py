"""docs/events.md and docs/frames.md are what the committed contracts say."""

import json
from pathlib import Path

from deploy.event_list import main, pages

ROOT = Path(__file__).parents[2]


def test_the_pages_are_up_to_date() -> None:
    assert main(check=True) == 0


def test_every_event_of_every_service_is_listed() -> None:
    events = pages()[ROOT / "docs/events.md"]
    for file in sorted(ROOT.glob("services/*/contract/events/*.json")):
        thing, happened = file.stem.split(".")
        assert f"`{file.parts[-4]}.{thing}.<id>.{happened}`" in events
        for field in json.loads(file.read_text())["required"]:
            assert f"`{field}`" in events


def test_every_frame_is_listed() -> None:
    frames = pages()[ROOT / "docs/frames.md"]
    for name in ("message.send", "auth.refresh", "ready", "ack", "message.created", "caught_up", "resync"):
        assert f"| `{name}` |" in frames
