"""The meter of the soak (tests/faults/long/test_soak.py) is told from the leaks that it is there for."""

import pytest

from tests.faults.meter import BROKER, MB, Sample, a_minute, at_rest, risen


def _sample(descriptors: int = 100, threads: int = 10, tasks: int = 50) -> Sample:
    return Sample(0, 0, 0, descriptors, threads, tasks)


@pytest.mark.parametrize("megabytes", [0, 1, -2])
def test_a_slope_is_found_under_what_comes_and_goes(megabytes: int) -> None:
    points = [(5.0 * n, 80 * MB + megabytes * MB * n // 12 + (n % 2) * MB) for n in range(120)]
    assert a_minute(points) == pytest.approx(megabytes, abs=0.05)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (_sample(), False),
        (_sample(descriptors=108, threads=13, tasks=51), False),
        (_sample(descriptors=90, threads=9, tasks=40), False),
        (_sample(descriptors=109), True),
        (_sample(threads=14), True),
        (_sample(tasks=52), True),
    ],
)
def test_what_is_left_open_is_seen(after: Sample, expected: bool) -> None:
    assert bool(risen({"rooms": _sample()}, {"rooms": after})) is expected


def test_threads_that_the_broker_may_have_for_the_disk_are_none_left_open() -> None:
    before = {BROKER: _sample(), "rooms": _sample()}
    assert risen(before, {BROKER: _sample(threads=26), "rooms": _sample()}) == {}
    assert risen(before, {BROKER: _sample(threads=27), "rooms": _sample(threads=14)}).keys() == {BROKER, "rooms"}
    assert risen(before, {BROKER: _sample(descriptors=109), "rooms": _sample()}).keys() == {BROKER}


def test_what_the_broker_keeps_is_seen() -> None:
    before, after = ({BROKER: Sample(0, size * MB, 0, 16, 12)} for size in (40, 51))
    assert at_rest(before, after) == 11 * MB
