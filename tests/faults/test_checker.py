"""The checker itself: a fault test that can not fail proves nothing."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.faults.footprint import MB, Footprint, left_over
from tests.faults.history import CONVERGED, History, Listener, Send, Shown, Stay, of_effects, violations
from tests.faults.logs import in_the_log


def sound() -> History:
    sends = [Send(f"c{n}", "u", f"text {n}", invoked=float(n), acked=n + 0.5, seq=n) for n in range(2, 7)]
    stored = [{"client_id": send.client_id, "seq": send.seq, "content": send.content} for send in sends]
    joined: dict[str, Any] = {"seq": 1, "type": "member.joined", "user_id": "u"}
    said: list[dict[str, Any]] = [
        {"seq": one["seq"], "type": "message.created", "message": {**one, "author": {"id": "u"}}} for one in stored
    ]
    listener = Listener("l", [Shown.of(entry) for entry in (joined, *said)], last_at=7.0)
    stay = Stay("guest", [*said[:3], {"seq": 5, "type": "member.left", "user_id": "guest"}])
    kicked = {"seq": 7, "type": "member.left", "user_id": "guest", "reason": "kicked"}
    listener.shown.append(Shown(7))
    return History(sends, [listener], [stay], Counter({200: 5, 503: 1}), 1, 8.0, stored, [joined, *said, kicked])


def lose_an_acked_message(history: History) -> None:
    del history.stored[2]
    history.listeners[0].shown[3] = Shown(4)
    history.log[3] = {"seq": 4, "type": "message.pinned"}


def show_what_was_never_sent(history: History) -> None:
    history.listeners[0].shown[3] = Shown(4, "somebody's", "ghost")


def show_what_is_not_stored(history: History) -> None:
    lose_an_acked_message(history)
    history.sends[2].seq = history.sends[2].acked = None
    history.listeners[0].shown[3] = Shown(4, "c4", "text 4")


def store_one_twice(history: History) -> None:
    history.stored.append(dict(history.stored[0]))


def ack_another_number(history: History) -> None:
    history.sends[4].seq = 9


def invent_a_message(history: History) -> None:
    history.stored.append({"client_id": "ghost", "seq": 8, "content": ""})


def leave_a_gap(history: History) -> None:
    del history.log[2]


def skip_an_entry(history: History) -> None:
    del history.listeners[0].shown[2]


def show_one_twice(history: History) -> None:
    history.listeners[0].shown.insert(2, history.listeners[0].shown[1])


def swap_two(history: History) -> None:
    shown = history.listeners[0].shown
    shown[1], shown[2] = shown[2], shown[1]


def stop_short(history: History) -> None:
    history.listeners[0].shown.pop()


def let_a_stranger_in(history: History) -> None:
    history.log[3] = {"seq": 4, "type": "member.left", "user_id": "u", "reason": "left"}


def let_a_muted_person_talk(history: History) -> None:
    history.log[3] = {"seq": 4, "type": "member.muted", "user_id": "u"}


def change_a_text(history: History) -> None:
    history.sends[3].content = "other"


def show_another_text(history: History) -> None:
    history.listeners[0].shown[3] = Shown(4, "c4", "other")


def replay_another_text(history: History) -> None:
    history.log[3]["message"] = {**history.log[3]["message"], "content": "other"}


def reorder(history: History) -> None:
    history.sends[4].invoked, history.sends[4].acked = 1.0, 1.5


def resync(history: History) -> None:
    history.listeners[0].resyncs = 1


def skip_for_a_guest(history: History) -> None:
    del history.stays[0].entries[1]


def show_more_to_who_was_removed(history: History) -> None:
    history.stays[0].entries.append({"seq": 6, "type": "message.created"})


def forget_a_removal(history: History) -> None:
    history.log[6]["reason"] = "left"


def take_too_long(history: History) -> None:
    history.listeners[0].last_at = 8.0 + CONVERGED + 0.1


def answer_500(history: History) -> None:
    history.statuses[500] += 1


BREAKS: list[tuple[Callable[[History], None], str]] = [
    (lose_an_acked_message, "I3"),
    (show_what_was_never_sent, "I5"),
    (show_what_is_not_stored, "I7"),
    (store_one_twice, "I2"),
    (ack_another_number, "I4"),
    (invent_a_message, "I5"),
    (leave_a_gap, "I1"),
    (skip_an_entry, "I6"),
    (show_one_twice, "I6"),
    (swap_two, "I6"),
    (stop_short, "I8"),
    (resync, "I6"),
    (skip_for_a_guest, "I6"),
    (change_a_text, "I7"),
    (show_another_text, "I7"),
    (replay_another_text, "I7"),
    (reorder, "I9"),
    (let_a_stranger_in, "I10"),
    (let_a_muted_person_talk, "I10"),
    (show_more_to_who_was_removed, "I10"),
    (forget_a_removal, "I12"),
    (take_too_long, "I13"),
    (answer_500, "I14"),
]


def test_a_sound_history_has_no_violation() -> None:
    assert violations(sound()) == []


@pytest.mark.parametrize(("spoil", "invariant"), BREAKS)
def test_every_broken_promise_is_seen(spoil: Callable[[History], None], invariant: str) -> None:
    history = sound()
    spoil(history)
    assert {one.split()[0] for one in violations(history)} == {invariant}, violations(history)


@pytest.mark.parametrize(("noted", "found"), [(3, []), (2, ["I12"]), (4, ["I11"])])
def test_effects_are_counted(noted: int, found: list[str]) -> None:
    assert [one.split()[0] for one in of_effects(3, noted)] == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('{"event": "answered", "status": 200}\nanswered  status=503 path=/x', []),
        ('{"event": "answered", "status": 500}', ["I14"]),
        ("answered  status=502 path=/x", ["I14"]),
        ("Traceback (most recent call last):", ["I14"]),
        ("token eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ1In0.c2lnbmF0dXJl", ["I16"]),
        ("the password is correct horse", ["I16"]),
    ],
)
def test_a_log_is_read(line: str, found: list[str]) -> None:
    assert [one.split()[0] for one in in_the_log(line, {"correct horse"})] == found


@pytest.mark.parametrize("kind", ["descriptors", "threads", "tasks", "resident", "backlog"])
def test_what_is_left_over_is_seen(kind: str) -> None:
    before = Footprint(descriptors=20, threads=5, tasks=30, resident=60 * MB, backlog=7)
    after = replace(before, backlog=0)
    assert left_over("rooms", before, after) == []
    more = replace(after, **{kind: 2 * getattr(before, kind) + 60 + (60 * MB if kind == "resident" else 0)})
    [told] = left_over("rooms", before, more)
    assert told.startswith("I15 rooms") and kind in told
