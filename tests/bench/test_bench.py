"""The benchmark's own parts: what it compares with must work, and what it says must be right."""

from pathlib import Path

import pytest

from bench import build, load
from bench.failed import Failed
from bench.layout import Layout
from bench.rows import Row, Target
from bench.servers.broadcaster import Broadcaster

LAYOUT = Layout({"one": (0, 1), "two": (2, 3), "three": (4,)}, 15)


def test_the_broadcaster_gives_each_message_to_every_member_of_its_room_once() -> None:
    server = Broadcaster()
    try:
        taken = load.run(server, LAYOUT, senders=15, rate=200, seconds=0.3, warmup=0)
    finally:
        server.stop()
    said = taken.said
    assert said["total_sent"] >= 30
    assert said["total_deliveries"] == said["total_sent"] * 5
    assert (said["failed"], said["dropped"], said["missing"]) == (0, 0, 0)
    assert taken.gateway > 0


def test_a_load_that_loses_its_sockets_is_no_measurement() -> None:
    server = Broadcaster()
    server.stop()
    with pytest.raises(Failed, match="The load on c failed"):
        load.run(server, LAYOUT, senders=1, rate=1, seconds=0.1)


def test_without_a_compiler_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_BUILD", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Failed, match="install gcc"):
        build.wsload()


@pytest.mark.parametrize(
    ("target", "met"),
    [(Target(2), True), (Target(1.9), False), (Target(0.5, "c"), True), (Target(3, at_least=True), False)],
)
def test_a_target_is_met_by_the_median_of_the_rounds(target: Target, met: bool) -> None:
    row = Row("scenario", "name", "us", {"parley": [90, 2, 1], "c": [4, 4, 5]}, target)
    assert row.value("parley") == 2
    assert row.ratio("c") == 0.5
    assert row.met() is met


def test_every_seat_is_taken_by_a_member_of_its_room() -> None:
    seats = LAYOUT.seats()
    assert len(seats) == LAYOUT.sockets
    assert {room for room, _ in seats} == set(LAYOUT.rooms)
    assert all(person in LAYOUT.rooms[room] for room, person in seats)
