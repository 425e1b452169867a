"""The checker itself: a fault test that can not fail proves nothing."""

from collections.abc import Callable
from copy import deepcopy

import pytest

from tests.faults.history import History, Listener, Send, violations


def sound() -> History:
    sends = [Send(f"c{n}", "u", f"text {n}", invoked=float(n), acked=n + 0.5, seq=n) for n in range(1, 6)]
    stored = [{"client_id": send.client_id, "seq": send.seq, "content": send.content} for send in sends]
    shown: list[tuple[int, str | None]] = [(n, f"c{n}") for n in range(1, 6)]
    joined = {"seq": 1, "type": "member.joined", "user_id": "u"}
    said = [{"seq": n, "type": "message.created", "message": {"author": {"id": "u"}}} for n in range(2, 6)]
    return History(sends, [Listener("l", shown)], stored, [joined, *said])


def lose_an_acked_message(history: History) -> None:
    del history.stored[2]


def store_one_twice(history: History) -> None:
    history.stored.append(dict(history.stored[0]))


def ack_another_number(history: History) -> None:
    history.sends[1].seq = 9


def invent_a_message(history: History) -> None:
    history.stored.append({"client_id": "ghost", "seq": 6, "content": ""})


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
    history.log[3] = {"seq": 4, "type": "member.left", "user_id": "u"}


def let_a_muted_person_talk(history: History) -> None:
    history.log[3] = {"seq": 4, "type": "member.muted", "user_id": "u"}


def change_a_text(history: History) -> None:
    history.stored[3]["content"] = "other"


def reorder(history: History) -> None:
    for index, seq in ((0, 5), (4, 1)):
        history.sends[index].seq = history.stored[index]["seq"] = seq


BREAKS: list[tuple[Callable[[History], None], str]] = [
    (lose_an_acked_message, "I3"),
    (store_one_twice, "I2"),
    (ack_another_number, "I4"),
    (invent_a_message, "I5"),
    (leave_a_gap, "I1"),
    (skip_an_entry, "I6"),
    (show_one_twice, "I6"),
    (swap_two, "I6"),
    (stop_short, "I8"),
    (change_a_text, "I7"),
    (reorder, "I9"),
    (let_a_stranger_in, "I10"),
    (let_a_muted_person_talk, "I10"),
]


def test_a_sound_history_has_no_violation() -> None:
    assert violations(sound()) == []


@pytest.mark.parametrize(("spoil", "invariant"), BREAKS)
def test_every_broken_promise_is_seen(spoil: Callable[[History], None], invariant: str) -> None:
    history = deepcopy(sound())
    spoil(history)
    assert any(one.startswith(invariant) for one in violations(history)), violations(history)
