import asyncio
from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from shared.problems import Unavailable
from shared.recurring import Recurring
from shared.testing.waiting import eventually

_FOR_EVER = 3_600.0


def counting(outcomes: list[float | Exception]) -> tuple[list[int], Callable[[], Awaitable[float]]]:
    """Something to look for that ends as told, and then asks for no more; and the calls, to be counted."""
    calls: list[int] = []

    async def look() -> float:
        calls.append(len(calls))
        outcome = outcomes.pop(0) if outcomes else _FOR_EVER
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return calls, look


async def test_it_is_called_when_it_asked_to_be() -> None:
    calls, look = counting([0.01, 0.0, 0.01])
    async with Recurring("counting", look, trouble="no").running():
        await eventually(lambda: len(calls) == 4)
    assert len(calls) == 4


async def test_who_wakes_it_while_it_looks_has_it_look_again() -> None:
    calls: list[int] = []

    async def look() -> float:
        calls.append(len(calls))
        if len(calls) == 1:
            work.wake()
        await asyncio.sleep(0)
        return _FOR_EVER

    work = Recurring("looking", look, trouble="no", first_after=_FOR_EVER)
    async with work.running():
        work.wake()
        await eventually(lambda: len(calls) == 2)


@pytest.mark.parametrize("failure", [RuntimeError("no luck"), Unavailable("away")], ids=["unforeseen", "foreseen"])
async def test_a_failure_is_told_of_and_tried_again(failure: Exception) -> None:
    calls, look = counting([failure, failure])
    with capture_logs() as logged:
        async with Recurring("failing", look, trouble="it waits", after_failure=0.01).running():
            await eventually(lambda: len(calls) == 3)
    assert [line["event"] for line in logged] == ["it waits"] * 2
    assert all(bool(line.get("exc_info")) == isinstance(failure, RuntimeError) for line in logged)


async def test_nothing_goes_on_after_its_time() -> None:
    calls, look = counting([])
    work = Recurring("ending", look, trouble="no")
    async with work.running():
        await eventually(lambda: len(calls) == 1)
    work.wake()
    await asyncio.sleep(0)
    assert len(calls) == 1
