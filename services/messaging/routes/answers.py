"""How routes hand a command to the sequencer, and answer without a model's detour: what is shown was rendered by us."""

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from fastapi import Response

from services.messaging.commands import Command, Outcome
from services.messaging.sequencer import Sequencer
from shared.problems import Problem

_Expected = TypeVar("_Expected", bound=Outcome)
_ENCODER = msgspec.json.Encoder()


def answer(value: Any, status: int = 200) -> Response:
    """The value, messages in it included, as JSON."""
    return Response(_ENCODER.encode(value), status, media_type="application/json")


def page(items: Sequence[Any]) -> Response:
    """A list that is never longer than a page."""
    return answer({"items": list(items), "next_cursor": None})


async def carried_out(sequencer: Sequencer, command: Command) -> Outcome:
    """The outcome of a command that was committed; raises its refusal."""
    outcome = (await sequencer.submit([command]))[0]
    if isinstance(outcome, Problem):
        raise outcome
    return outcome
