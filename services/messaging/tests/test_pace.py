"""When a group begins: at once for one person alone and after a pause, together when several write."""

from hypothesis import given
from hypothesis import strategies as st

from services.messaging.pace import GATHER_SECONDS, Pace


def test_one_person_never_waits() -> None:
    pace = Pace()
    for number in range(10):
        now = number * GATHER_SECONDS / 10
        pace.arrived(["anna"], now)
        assert pace.begin(now) == now


def test_after_a_pause_nobody_waits() -> None:
    pace = Pace()
    for now, people in ((0.0, ["anna"]), (1.0, ["ben"]), (2.0, ["anna", "ben"])):
        pace.arrived(people, now)
        assert pace.begin(now) == now


def test_several_people_wait_for_each_other() -> None:
    pace = Pace()
    pace.arrived(["anna"], 0.0)
    assert pace.begin(0.0) == 0.0
    pace.arrived(["ben"], GATHER_SECONDS / 2)
    assert pace.begin(GATHER_SECONDS / 2) == GATHER_SECONDS


@given(st.lists(st.tuples(st.floats(0, 0.1), st.lists(st.sampled_from("abc"), min_size=1))))
def test_nobody_waits_longer_than_that(arrivals: list[tuple[float, list[str]]]) -> None:
    pace, now = Pace(), 0.0
    for pause, people in arrivals:
        now += pause
        pace.arrived(people, now)
        begun = pace.begin(now)
        assert now <= begun <= now + GATHER_SECONDS
        now = begun
