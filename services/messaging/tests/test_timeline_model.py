"""P01, P03, P06: whatever happens in a room, its numbers are dense, retries change nothing, and what a client read plus
the entries after it is what a fresh read gives. Against the real store, on both databases."""

import asyncio
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from services.messaging import feed, members, models, queries
from services.messaging.actions.decide import approve, reject
from services.messaging.actions.moderate import remove_message
from services.messaging.actions.restrict import lift, restrict
from services.messaging.commands import (
    NOBODY,
    Command,
    Delete,
    Edit,
    Held,
    Judge,
    Outcome,
    Pin,
    Prepared,
    React,
    Send,
    Stored,
    Unreact,
    Verdict,
)
from services.messaging.sequencer import commit
from services.messaging.tests.client_state import ClientState
from services.messaging.tests.world import hold_to_contract, member, room_state
from shared.database import Database, ReadSession
from shared.ids import new_id
from shared.problems import Problem

_PEOPLE = 4
_RUNS, _STEPS = (500, 50) if os.environ.get("PARLEY_LONG_TESTS") else (30, 40)
_who = st.integers(0, _PEOPLE - 1)
_which = st.integers(0, 5)
_text = st.sampled_from(("a", "b", "c d", "@user", "e"))
_PASS = Verdict()
_emoji = st.sampled_from(("👍", "❤️", "🎉"))


class Room(RuleBasedStateMachine):
    """One room with an owner who stays and three people who come and go."""

    def __init__(self, db: Database, run: Callable[[Any], Any]) -> None:
        super().__init__()
        self.db = db
        self.run = run
        self.people = [new_id() for _ in range(_PEOPLE)]
        self.room_id = new_id()
        self.inside = {0, 1}
        self.muted: set[int] = set()
        self.banned: set[int] = set()
        self.ids: list[str] = []
        self.authors: dict[str, int] = {}
        self.deleted: set[str] = set()
        self.sent: dict[tuple[int, str], Stored] = {}
        self.held: list[tuple[int, str, str | None]] = []

    @initialize()
    def begin(self) -> None:
        initial: list[Any] = [member(self.people[0], "owner"), member(self.people[1])]
        self.run(self.db.write(members.create_room, room_state(self.room_id, self.people[0]), initial))
        self.client = self.fresh()

    # What people do

    @rule(who=_who, text=_text, client_id=st.sampled_from("uvwxyz"))
    def send(self, who: int, text: str, client_id: str) -> None:
        command = Send(user_id=self.people[who], room_id=self.room_id, content=text, client_id=client_id)
        (outcome,) = self.commit(command, verdict=Verdict(reviewed=False))
        earlier = self.sent.get((who, client_id))
        if earlier is not None:
            assert isinstance(outcome, Stored) and outcome.retry
            assert (outcome.message_id, outcome.seq) == (earlier.message_id, earlier.seq)
        elif self.may(who):
            assert isinstance(outcome, Stored) and not outcome.retry
            self.sent[(who, client_id)] = outcome
            self.ids.append(outcome.message_id)
            self.authors[outcome.message_id] = who
        else:
            assert isinstance(outcome, Problem) and outcome.status == 403

    @rule(who=_who, which=_which, text=_text, client_id=st.none() | st.sampled_from("pq"))
    def edit(self, who: int, which: int, text: str, client_id: str | None) -> None:
        if (message_id := self.pick(which)) is not None:
            key = None if client_id is None else f"{client_id}{text}{message_id}"
            command = Edit(user_id=self.people[who], message_id=message_id, content=text, client_id=key)
            (outcome,) = self.commit(command)
            own = self.authors[message_id] == who and message_id not in self.deleted
            assert isinstance(outcome, Problem) or own or key is not None, outcome
            assert isinstance(outcome, Stored) or not (own and self.may(who)), outcome

    @rule(who=_who, which=_which)
    def delete(self, who: int, which: int) -> None:
        if (message_id := self.pick(which)) is not None:
            (outcome,) = self.commit(Delete(user_id=self.people[who], message_id=message_id))
            allowed = self.may(who) and who in (0, self.authors[message_id])
            assert isinstance(outcome, Stored) == allowed, outcome
            self.deleted |= {message_id} if allowed else set()

    @rule(who=_who, which=_which, emoji=_emoji, add=st.booleans())
    def react(self, who: int, which: int, emoji: str, add: bool) -> None:
        if (message_id := self.pick(which)) is not None:
            kind = React if add else Unreact
            (outcome,) = self.commit(kind(user_id=self.people[who], message_id=message_id, emoji=emoji))
            allowed = self.may(who) and not (add and message_id in self.deleted)
            assert isinstance(outcome, Stored) == allowed, outcome

    @rule(who=_who, which=_which, pinned=st.booleans())
    def pin(self, who: int, which: int, pinned: bool) -> None:
        if (message_id := self.pick(which)) is not None:
            (outcome,) = self.commit(Pin(user_id=self.people[who], message_id=message_id, pinned=pinned))
            assert isinstance(outcome, Stored) == (who == 0 and message_id not in self.deleted), outcome

    @rule(whos=st.lists(st.tuples(_who, _which, _emoji, _text), min_size=2, max_size=8))
    def much_at_once(self, whos: list[tuple[int, int, str, str]]) -> None:
        if self.ids:
            commands: list[Command] = []
            for who, which, emoji, text in whos:
                about: Any = {"user_id": self.people[who], "message_id": self.pick(which)}
                commands += [React(**about, emoji=emoji), Edit(**about, content=text), Unreact(**about, emoji=emoji)]
            self.commit(*commands)

    # What waits for a moderator

    @rule(who=_who, text=_text)
    def hold(self, who: int, text: str) -> None:
        command = Send(user_id=self.people[who], room_id=self.room_id, content=text)
        (outcome,) = self.commit(command, verdict=Verdict("hold", reason="links"))
        assert isinstance(outcome, Held) == self.may(who), outcome
        self.held += [(who, outcome.held_id, None)] if isinstance(outcome, Held) else []

    @rule(which=_which)
    def hold_edit(self, which: int) -> None:
        if (message_id := self.pick(which)) is not None:
            author = self.authors[message_id]
            command = Edit(user_id=self.people[author], message_id=message_id, content="held")
            (outcome,) = self.commit(command, verdict=Verdict("hold", reason="links"))
            if isinstance(outcome, Held):
                self.held = [one for one in self.held if one[2] != message_id] + [(author, outcome.held_id, message_id)]

    @rule(which=_which, yes=st.booleans())
    def decide(self, which: int, yes: bool) -> None:
        if not self.held:
            return
        who, held_id, of = self.held.pop(which % len(self.held))
        self.run(self.db.write(approve, held_id) if yes else self.db.write(reject, held_id, "no"))
        if yes and of is None and self.may(who):
            self.ids.append(held_id)
            self.authors[held_id] = who

    # What rooms and moderation do

    @rule(name=st.sampled_from(("a room", "another")), topic=st.sampled_from(("", "weather")))
    def rename(self, name: str, topic: str) -> None:
        state = room_state(self.room_id, self.people[0], name=name, description=topic)
        self.run(self.db.write(members.update_room, state, self.people[0]))

    @rule(who=st.integers(1, _PEOPLE - 1), reason=st.sampled_from(("left", "kicked")))
    def leave(self, who: int, reason: str) -> None:
        self.run(self.db.write(members.leave, self.room_id, self.people[who], reason, None))
        self.inside.discard(who)

    @rule(who=st.integers(1, _PEOPLE - 1))
    def join(self, who: int) -> None:
        self.run(self.db.write(members.join, self.room_id, member(self.people[who])))
        self.inside.add(who)

    @rule(who=st.integers(1, _PEOPLE - 1), kind=st.sampled_from(("mute", "ban")), forever=st.booleans())
    def restrict(self, who: int, kind: str, forever: bool) -> None:
        end = None if forever else self.run(self.db.read(lambda tx: tx.now)) + timedelta(hours=1)
        place = (self.room_id, self.people[who])
        known = who in (self.muted if kind == "mute" else self.banned)
        if not known:
            self.run(self.db.write(restrict, kind, *place, end, self.people[0], None))
            self.inside -= {who} if kind == "ban" else set()
            (self.muted if kind == "mute" else self.banned).add(who)

    @rule(who=st.integers(1, _PEOPLE - 1), kind=st.sampled_from(("mute", "ban")))
    def lift(self, who: int, kind: str) -> None:
        self.run(self.db.write(lift, kind, self.room_id, self.people[who], None))
        (self.muted if kind == "mute" else self.banned).discard(who)

    @rule(which=_which, remove=st.booleans())
    def moderate(self, which: int, remove: bool) -> None:
        if (message_id := self.pick(which)) is None:
            return
        if remove:
            self.run(self.db.write(remove_message, message_id, self.people[0], "spam"))
            self.deleted.add(message_id)
        else:
            said = self.run(self.db.read(_content, message_id))
            self.commit(Judge(user_id=NOBODY, message_id=message_id, content=said), verdict=Verdict("mask", "***"))

    @rule()
    def read_anew(self) -> None:
        self.client = self.fresh()

    # What has to hold

    @invariant()
    def what_was_read_plus_entries_is_what_is_there(self) -> None:
        if not hasattr(self, "client"):
            return
        for frame in self.run(self.db.read(_frames, self.room_id, self.client.seq)):
            hold_to_contract(frame)
            self.client.apply(frame)
        now = self.fresh()
        assert self.client.shown() == now.shown()
        assert self.client.members == now.members
        assert self.client.seq == now.seq

    def teardown(self) -> None:
        if hasattr(self, "client"):
            frames = self.run(self.db.read(_frames, self.room_id, 0))
            assert [frame["seq"] for frame in frames] == list(range(1, len(frames) + 1))
            beginner = ClientState(0, [], {})
            for frame in frames:
                beginner.apply(frame)
            assert beginner.shown() == self.fresh().shown()

    def fresh(self) -> ClientState:
        """A client that has just read everything."""
        return ClientState(*self.run(self.db.read(_everything, self.room_id, self.people[0])))

    def may(self, who: int) -> bool:
        """Whether the person may write now."""
        return who in self.inside and who not in self.muted | self.banned

    def pick(self, which: int) -> str | None:
        """One of the latest messages."""
        return self.ids[-1 - which % len(self.ids)] if self.ids else None

    def commit(self, *commands: Command, verdict: Verdict = _PASS) -> list[Outcome]:
        """One group."""
        done = self.run(self.db.write(commit, [Prepared(command, verdict) for command in commands]))
        outcomes: list[Outcome] = done.outcomes
        return outcomes


def _frames(tx: ReadSession, room_id: str, after: int) -> list[dict[str, Any]]:
    _, entries = feed.room_entries(tx, room_id, after, 10_000)
    return [orjson.loads(entry.frame) for entry in entries]


def _content(tx: ReadSession, message_id: str) -> str:
    return str(tx.execute(select(models.messages.c.content).where(models.messages.c.id == message_id)).scalar_one())


def _everything(tx: ReadSession, room_id: str, user_id: str) -> tuple[int, list[Any], dict[str, str]]:
    page = queries.history(tx, user_id, room_id, queries.Window(10_000))
    seq = tx.execute(select(models.rooms.c.head_seq).where(models.rooms.c.id == room_id)).scalar_one()
    rows = tx.execute(select(models.members).where(models.members.c.room_id == room_id))
    return seq, [message.plain() for message in page["items"]], {row.user_id: row.role for row in rows}


def test_a_room_is_what_its_entries_say(database_url: str) -> None:
    db = Database(database_url)
    checked = settings(
        max_examples=_RUNS,
        stateful_step_count=_STEPS,
        phases=(Phase.explicit, Phase.generate),  # shrinking such a run takes minutes
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    try:
        with asyncio.Runner() as runner:
            machine: Any = lambda: Room(db, lambda work: runner.run(_awaited(work)))  # noqa: E731
            run_state_machine_as_test(machine, settings=checked)
    finally:
        db.close()


async def _awaited(work: Any) -> Any:
    return await work
