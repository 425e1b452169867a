"""Harm that only happens inside a process: no promise may break by it. Put there as the mutants are (`breaking`)."""

import os
import signal
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.faults.mutants.breaking import Break, replace

CLOCK, ARMED = "PARLEY_TEST_CLOCK", "PARLEY_TEST_ARMED"
_PUBLISHED_BEFORE_DEATH = 25


def die_before_marking_the_copy(durable: Any) -> None:
    """The broker has the stretch, and nobody here has written down that it has."""
    die = _Death()

    async def copy_and_die(self: Any, entries: Any) -> Any:
        copied = await copy(self, entries)
        die.sometimes()
        return copied

    copy = replace(durable.DurableCopy, "_copy", copy_and_die)


def die_before_marking_the_outbox(outbox: Any) -> None:
    """The same, for who publishes by the kit's outbox."""
    die = _Death()

    async def publish_and_die(self: Any, rows: Any) -> None:
        await publish(self, rows)
        die.sometimes()

    publish = replace(outbox.Outbox, "_publish", publish_and_die)


def forget_copies_soon(durable: Any) -> None:
    """The broker takes a second copy for news: its window is the shortest that it allows."""
    replace(durable, "_CONFIG", durable._CONFIG.evolve(duplicate_window=0.1))


def forget_events_soon(stream: Any) -> None:
    """The same, for the streams of the kit."""
    replace(stream, "_DUPLICATE_WINDOW", 0.1)


def tell_another_time(clock: Any) -> None:
    """It is as many seconds later as the file says that CLOCK names."""
    now = clock.utc_now
    replace(clock, "utc_now", lambda: now() + timedelta(seconds=_shift()))


def count_another_time(reader: Any) -> None:
    """The same, for who asks `time.time`."""
    replace(reader, "time", _Time())


class _Death:
    """Comes while the file is there that ARMED names, and not before some work was done."""

    def __init__(self) -> None:
        self._left = _PUBLISHED_BEFORE_DEATH

    def sometimes(self) -> None:
        """kill -9, when it is time."""
        self._left -= 1
        if self._left <= 0 and Path(os.environ[ARMED]).exists():
            os.kill(os.getpid(), signal.SIGKILL)


class _Time:
    """The module, with another present."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def time(self) -> float:
        """Seconds since 1970, moved."""
        return time.time() + _shift()


def _shift() -> float:
    told = os.environ.get(CLOCK)
    return float(Path(told).read_text()) if told else 0.0


FAILPOINTS: Mapping[str, Mapping[str, Break]] = {
    "dies_before_it_marks": {
        "services.messaging.durable": die_before_marking_the_copy,
        "shared.outbox.outbox": die_before_marking_the_outbox,
    },
    "duplicates_are_forgotten_soon": {
        "services.messaging.durable": forget_copies_soon,
        "shared.outbox.stream": forget_events_soon,
    },
    "another_clock": {
        "shared.clock": tell_another_time,
        "shared.caller": count_another_time,
        "shared.tokens": count_another_time,
        "services.gateway.sessions": count_another_time,
        "services.gateway.realtime.client": count_another_time,
    },
}
