"""A room on the gateway: every number once and in order, whatever the bus does (REALTIME.md promise 3)."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import permutations, product

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.realtime.room import LiveRoom
from services.gateway.realtime.span import Span, SpanEntry, split
from services.gateway.realtime.wire import frame_text
from shared.problems import Unavailable

EPOCH = "epoch-1"


def entry(seq: int, removes: str | None = None) -> SpanEntry:
    return SpanEntry(seq, b"<%d>" % seq, removes)


def ring_after(room: LiveRoom, seq: int) -> bytes | None:
    held = room.ring_after(seq)
    assert held is None or held[0] == room.seq
    return None if held is None else held[1]


class Log:
    """Messaging's log of one room: what a fetch answers."""

    def __init__(self) -> None:
        self.epoch = EPOCH
        self.entries: list[SpanEntry] = []
        self.fetches = 0
        self.failures = 0

    def commit(self, removes: str | None = None) -> SpanEntry:
        self.entries.append(entry(len(self.entries) + 1, removes))
        return self.entries[-1]

    async def fetch(self, room_id: str, after: int) -> Span:
        await asyncio.sleep(0)
        self.fetches += 1
        if self.failures:
            self.failures -= 1
            raise Unavailable("messaging is away")
        return Span(self.epoch, self.entries[after:], head=len(self.entries))


class Socket:
    """A client as a room sees it, remembering what it was written."""

    def __init__(self, user_id: str = "somebody") -> None:
        self.user_id = user_id
        self.seen = b""
        self.removed = False
        self.resyncs = 0
        self.wire = self

    def writer(self) -> Callable[[bytes], None]:
        return self.write

    def write(self, frames: bytes) -> None:
        self.seen += frames

    def removed_from(self, room: LiveRoom, *, deleted: bool) -> None:
        self.removed = True
        room.discard(self)  # type: ignore[arg-type]

    def resync(self, room: LiveRoom) -> None:
        self.resyncs += 1

    def numbers(self) -> list[int]:
        return [int(number) for number in self.seen.decode().replace("<", "").split(">") if number]


def watched(log: Log, seq: int = 0) -> tuple[LiveRoom, Socket]:
    room, socket = LiveRoom("room", EPOCH, seq, log.fetch), Socket()
    room.add(socket)  # type: ignore[arg-type]
    return room, socket


def interleavings(events: int) -> Iterator[list[tuple[int, int]]]:
    """Every order of delivery of the events, each lost, delivered once, or twice."""
    for copies in product((0, 1, 2), repeat=events):
        deliveries = [seq for seq, times in enumerate(copies, 1) for _ in range(times)]
        yield from ([(seq, 0) for seq in order] for order in set(permutations(deliveries)))


@pytest.mark.parametrize("events", [1, 2, 3])
async def test_every_order_loss_and_repeat_is_shown_once_and_in_order(events: int) -> None:
    for deliveries in interleavings(events):
        log = Log()
        room, socket = watched(log)
        for _ in range(events):
            log.commit()
        for seq, _ in deliveries:
            room.receive(Span(EPOCH, [log.entries[seq - 1]]))
        await room.reached(events, timeout=5)
        room.flush()
        assert socket.numbers() == list(range(1, events + 1)), deliveries


def openings(events: int) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Every way to open a room while something happens in it: after how many events it is subscribed to, after how many
    it is fetched, and whether each event heard comes at once, comes late, or never."""
    for subscribed in range(events + 1):
        for fetched in range(subscribed, events + 1):
            for fates in product(("now", "late", "never"), repeat=events - subscribed):
                yield subscribed, fetched, ("never",) * subscribed + fates


@pytest.mark.parametrize("events", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("patient", [True, False], ids=["patient", "hasty"])
async def test_whatever_happens_while_a_room_is_opened_is_shown_once(events: int, patient: bool) -> None:
    for subscribed, fetched, fates in openings(events):
        log = Log()
        room, socket = watched(log)
        late: list[Span] = []
        for number in range(events + 1):
            if number == fetched:
                room.receive(await log.fetch("room", 0))
            if number < events:
                span = Span(EPOCH, [log.commit()])
                if number >= subscribed and fates[number] == "now":
                    room.receive(span)
                elif fates[number] == "late":
                    late.append(span)
            if patient:
                await asyncio.sleep(0)
        for span in reversed(late):
            room.receive(span)
        await room.reached(events, timeout=5)
        room.flush()
        assert socket.numbers() == list(range(1, events + 1)), (subscribed, fetched, fates)


@given(st.lists(st.integers(1, 12), max_size=40), st.integers(0, 3))
def test_any_disorder_ends_in_order(deliveries: list[int], failures: int) -> None:
    async def run() -> None:
        log = Log()
        room, socket = watched(log)
        for _ in range(12):
            log.commit()
        for seq in deliveries:
            room.receive(Span(EPOCH, [log.entries[seq - 1]]))
        await room.reached(12, timeout=5)
        room.flush()
        assert socket.numbers() == list(range(1, 13))
        room.close()

    asyncio.run(run())


async def test_a_fetch_that_fails_is_tried_again() -> None:
    log = Log()
    log.failures = 1
    room, socket = watched(log)
    log.commit()
    room.expect(1)
    await room.reached(1, timeout=5)
    room.flush()
    assert (socket.numbers(), log.fetches) == ([1], 2)


async def test_who_is_removed_sees_the_removal_and_nothing_after_it() -> None:
    log = Log()
    room, stays = watched(log)
    goes = Socket("goner")
    room.add(goes)  # type: ignore[arg-type]
    span = [log.commit(), log.commit(removes="goner"), log.commit()]
    room.receive(Span(EPOCH, span))
    room.flush()
    assert (goes.numbers(), goes.removed) == ([1, 2], True)
    assert stays.numbers() == [1, 2, 3]


async def test_a_socket_that_joins_sees_only_what_comes_after() -> None:
    log = Log()
    room, first = watched(log)
    room.receive(Span(EPOCH, [log.commit()]))
    room.receive(Span(EPOCH, [log.commit()]))
    late = Socket("late")
    room.add(late)  # type: ignore[arg-type]
    room.receive(Span(EPOCH, [log.commit()]))
    room.flush()
    assert (first.numbers(), late.numbers()) == ([1, 2, 3], [3])


async def test_the_ring_gives_what_it_has_and_says_when_it_does_not() -> None:
    log = Log()
    room, _ = watched(log)
    room.receive(Span(EPOCH, [log.commit() for _ in range(600)]))
    assert ring_after(room, 600) == b""
    assert ring_after(room, 598) == b"<599><600>"
    assert ring_after(room, 50) is None
    room.trim()
    room.trim()
    assert ring_after(room, 598) is None


async def test_what_is_taken_back_is_not_kept_for_who_resumes() -> None:
    log = Log()
    room, socket = watched(log)
    room.receive(Span(EPOCH, [log.commit(), log.commit()], head=2))
    taken_back = b'{"type":"message.deleted","seq":3}'
    header = {"epoch": EPOCH, "first": 3, "sizes": [len(taken_back)], "head": 3}
    span = split(orjson.dumps(header) + b"\n" + taken_back)  # as messaging writes it
    room.receive(span)
    deleted = span.entries[0]
    assert ring_after(room, 0) is None
    assert ring_after(room, 2) == deleted.frame
    room.flush()
    assert socket.seen.endswith(deleted.frame)


async def test_what_waits_while_something_is_taken_back_is_not_kept() -> None:
    log = Log()
    room, socket = watched(log)
    for _ in range(5):
        log.commit()
    room.receive(Span(EPOCH, log.entries[3:]))  # waits for the first three
    room.forget()
    await room.reached(5, timeout=5)
    assert [ring_after(room, seq) for seq in (0, 4, 5)] == [None, None, b""]
    room.keep(log.entries[:5], room.rewrites - 1)  # asked for before
    assert ring_after(room, 4) is None
    room.keep(log.entries[1:5], room.rewrites)
    room.receive(Span(EPOCH, [log.commit()]))
    assert (ring_after(room, 0), ring_after(room, 1)) == (None, b"<2><3><4><5><6>")
    room.flush()
    assert socket.numbers() == [1, 2, 3, 4, 5, 6]


async def test_what_was_fetched_for_one_socket_is_there_for_the_next() -> None:
    log = Log()
    for _ in range(700):
        log.commit()
    room, _ = watched(log, seq=690)
    room.receive(Span(EPOCH, log.entries[690:]))
    assert ring_after(room, 650) is None
    room.keep(log.entries[600:650], room.rewrites)  # does not touch what is there
    assert ring_after(room, 650) is None
    room.keep(log.entries[650:700], room.rewrites)
    assert ring_after(room, 650) == b"".join(entry.frame for entry in log.entries[650:])
    room.keep(log.entries[:660], room.rewrites)  # no more than the ring holds
    assert ring_after(room, 200) == b"".join(entry.frame for entry in log.entries[200:])
    assert ring_after(room, 199) is None
    room.receive(Span(EPOCH, [log.commit()]))
    assert ring_after(room, 201) == b"".join(entry.frame for entry in log.entries[201:])


async def test_another_epoch_starts_everybody_from_its_head() -> None:
    log = Log()
    room, socket = watched(log)
    for _ in range(5):
        room.receive(Span(EPOCH, [log.commit()]))
    log.epoch, log.entries = "epoch-2", [entry(1), entry(2)]
    room.receive(Span("epoch-2", [entry(2)]))
    room.receive(Span("epoch-2", [entry(3)]))
    await room.reached(3, timeout=5)
    room.flush()
    assert (socket.resyncs, room.epoch, socket.numbers()) == (1, "epoch-2", [1, 2, 3, 4, 5, 3])


def test_spans_of_messaging_are_read_as_they_are_written() -> None:
    frames = [orjson.dumps({"seq": 7, "text": "é" * 200}), b"{}"]
    header = {"epoch": "e", "first": 7, "sizes": [len(frame) for frame in frames], "removes": {"8": "u"}, "head": 9}
    span = split(orjson.dumps(header) + b"\n" + b"".join(frames))
    assert [(one.seq, one.frame, one.removes) for one in span.entries] == [
        (7, frame_text(frames[0]), None),
        (8, frame_text(frames[1]), "u"),
    ]
    assert (span.epoch, span.head, span.too_far) == ("e", 9, False)


async def test_no_stretch_of_the_ring_is_more_than_a_reader_s_buffer() -> None:
    log = Log()
    log.entries = [SpanEntry(seq, b"%04d" % seq + b"x" * 16_000) for seq in range(1, 401)]
    room = LiveRoom("r", EPOCH, 0, log.fetch)
    room.receive(Span(EPOCH, log.entries))
    seq, told = 0, b""
    while seq < 400:
        held = room.ring_after(seq)
        assert held is not None and held[0] > seq and len(held[1]) < 300_000
        seq, told = held[0], told + held[1]
    assert told == b"".join(entry.frame for entry in log.entries)
    room.close()
