"""A plugin: every event that any test makes a service record is one that its producer has committed to."""

from collections.abc import Iterator
from functools import cache

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from shared.database import WriteSession
from shared.events import Event
from shared.testing.contract.committed import SERVICES, events_of


@pytest.fixture(autouse=True)
def _events_as_promised(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    record = WriteSession.record
    breaches: list[str] = []

    def recorded(tx: WriteSession, event: Event) -> int:
        breaches.extend(breaches_of(event))
        return record(tx, event)

    monkeypatch.setattr(WriteSession, "record", recorded)
    yield
    # Not where it happens: an application answers 500 to what goes wrong in it, and a test may expect that.
    assert not breaches


def breaches_of(event: Event) -> list[str]:
    """How the event differs from what its producer committed to; nothing for producers of tests alone.

    Another service's stand-in for the producer may leave out what it has no use for: a producer may add fields.
    """
    if not (SERVICES / event.producer / "contract").is_dir():
        return []
    if event.type not in events_of(event.producer):
        return [f"{event.producer} has not committed to {event.type}"]
    found = _validator(event.producer, event.type).iter_errors(event.model_dump(mode="json"))
    if not type(event).__module__.startswith(f"services.{event.producer}."):
        found = (error for error in found if error.validator != "required")
    return [f"{event.producer}.{event.type}: {error.json_path} {error.message}" for error in found]


@cache
def _validator(producer: str, type: str) -> Draft202012Validator:
    return Draft202012Validator(events_of(producer)[type], format_checker=FormatChecker())
