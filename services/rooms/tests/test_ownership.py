"""Whatever people do to a room in whatever order: it has one owner, and its events tell the whole story.

After each step the room is compared with what its events alone say, as the services that follow them know it.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from services.rooms.actions.ban import ban, unban
from services.rooms.actions.create_room import create_room
from services.rooms.actions.forget_user import forget_user
from services.rooms.actions.join import join
from services.rooms.actions.kick import kick
from services.rooms.actions.leave import leave
from services.rooms.actions.set_role import set_role
from services.rooms.models import members
from services.rooms.schemas import NewRoom
from services.rooms.store import bans, rooms
from services.rooms.tests.world import World
from shared.caller import Caller
from shared.database import Database, ReadSession
from shared.problems import Problem

_PEOPLE = 5
_SOMEBODY = st.integers(0, _PEOPLE - 1)
_ROLES = st.sampled_from(["member", "moderator", "owner"])
Run = Callable[..., Any]


@pytest.fixture
def place(database_url: str) -> Iterator[tuple[World, asyncio.Runner]]:
    """A world outside of any running loop, since Hypothesis calls from a plain function."""
    with asyncio.Runner() as runner:
        db = Database(database_url)
        yield World(db), runner
        db.close()


class Told:
    """What a follower of the events believes."""

    def __init__(self) -> None:
        self.members: dict[str, str] = {}
        self.owner_id: str | None = None

    def hear(self, type_: str, data: dict[str, Any]) -> None:
        """One event."""
        if type_ in ("room.created", "room.updated"):
            self.owner_id = data["room"]["owner_id"]
        for member in [*data.get("members", ()), *([data["member"]] if "member" in data else ())]:
            assert self.members.setdefault(member["user_id"], member["role"]) == member["role"]
        if type_ == "member.left":
            del self.members[data["user_id"]]
        if type_ == "member.role_changed":
            assert data["user_id"] in self.members
            self.members[data["user_id"]] = data["role"]


class Room(RuleBasedStateMachine):
    """A public room, five people and an admin."""

    world: World
    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self.people: list[Caller] = [self._run(self.world.person(f"p{number}")) for number in range(_PEOPLE)]
        self.admin: Caller = self._run(self.world.person("root", "admin"))
        self.told = Told()
        self.line: list[tuple[str, str]] = []
        self.abandoned = False
        made = self._act(create_room, self.people[0], NewRoom.model_validate({"name": "Ours"}))
        self.room_id: str = made.id
        for person in self.people[1:4]:
            self._act(join, person, self.room_id, None)

    @rule(first=_SOMEBODY)
    def some_come(self, first: int) -> None:
        for person in (self.people + self.people)[first : first + 3]:
            self._act(join, person, self.room_id, None)

    @rule(who=_SOMEBODY)
    def goes(self, who: int) -> None:
        caller = self._member(who)
        self._departs(caller, leave, caller, self.room_id)

    @rule()
    def the_owner_names_the_youngest_moderator_and_goes(self) -> None:
        self._act(set_role, self._owner(), self.room_id, self._member(-1).user_id, "moderator")
        self.line = self._run(self.world.member_ids(self.room_id))
        self._departs(self._owner(), leave, self._owner(), self.room_id)

    @rule(by=_SOMEBODY, whom=_SOMEBODY)
    def removes(self, by: int, whom: int) -> None:
        self._departs(self._member(whom), kick, self._member(by), self.room_id, self._member(whom).user_id)

    @precondition(lambda self: len(self.line) > 2)
    @rule(whom=_SOMEBODY)
    def is_removed_by_the_house(self, whom: int) -> None:
        self._departs(self._member(whom), kick, self.admin, self.room_id, self._member(whom).user_id)

    @rule(by=_SOMEBODY, whom=_SOMEBODY, role=_ROLES)
    def gives(self, by: int, whom: int, role: str) -> None:
        self._act(set_role, self._member(by), self.room_id, self._member(whom).user_id, role)

    @rule(whom=_SOMEBODY, role=_ROLES)
    def the_owner_gives(self, whom: int, role: str) -> None:
        self._act(set_role, self._owner(), self.room_id, self._member(whom).user_id, role)

    @rule(whom=_SOMEBODY)
    def is_named_by_the_house(self, whom: int) -> None:
        if self._act(set_role, self.admin, self.room_id, self._member(whom).user_id, "owner"):
            self.abandoned = False

    @precondition(lambda self: len(self.line) > 2)
    @rule(whom=_SOMEBODY)
    def is_banned(self, whom: int) -> None:
        self._departs(self._member(whom), ban, self.room_id, self._member(whom).user_id, None)

    @rule()
    def all_are_forgiven(self) -> None:
        for person in self.people:
            self._act(unban, self.room_id, person.user_id)

    @rule()
    def deletes_the_account(self) -> None:
        self._departs(self.people[-1], forget_user, self.people[-1].user_id)

    @invariant()
    def the_events_say_what_is(self) -> None:
        owner_id, members, banned = self._run(self.world.db.read(_state, self.room_id))
        assert (dict(members), owner_id) == (self.told.members, self.told.owner_id)
        owners = [user_id for user_id, role in members if role == "owner"]
        assert owners == ([] if owner_id is None else [owner_id])
        assert len(owners) == (0 if self.abandoned else 1)
        assert not any(banned)
        self.line = members

    def _member(self, number: int) -> Caller:
        """Somebody of the room; anybody while it is empty."""
        in_room = [self._person(user_id) for user_id, _ in self.line] or self.people
        return in_room[number % len(in_room)]

    def _owner(self) -> Caller:
        """The owner; anybody while there is none."""
        return self._person(self.told.owner_id) if self.told.owner_id else self.people[0]

    def _person(self, user_id: str) -> Caller:
        [found] = [each for each in self.people if each.user_id == user_id]
        return found

    def _departs(self, whom: Caller, action: Run, *args: Any) -> None:
        """The successor of an owner who goes is the longest-standing moderator, else member."""
        user_id = whom.user_id
        line = [each for each in self.line if each[0] != user_id]
        owned = self.told.owner_id == user_id
        self._act(action, *args)
        if user_id in self.told.members:
            return
        self.abandoned = self.abandoned or not line
        if owned and line:
            heir = next((each for each, role in line if role == "moderator"), line[0][0])
            assert self.told.owner_id == heir

    def _act(self, action: Run, *args: Any) -> Any:
        try:
            result = self._run(self.world.act(action, *args))
        except Problem:
            assert self.world.told() == []
            return None
        for type_, data in self.world.told():
            self.told.hear(type_, data)
        return result

    def _run(self, work: Any) -> Any:
        return self.runner.run(work)


def _state(tx: ReadSession, room_id: str) -> tuple[str | None, list[tuple[str, str]], list[bool]]:
    """The owner, the members with their roles by seniority, and whether they are banned."""
    room = rooms.find(tx, room_id)
    assert room is not None
    query = select(members.c.user_id, members.c.role).where(members.c.room_id == room_id)
    found = [(row[0], row[1]) for row in tx.execute(query.order_by(members.c.joined_at, members.c.user_id))]
    assert room.member_count == len(found)
    return room.owner_id, found, [bans.is_banned(tx, room_id, user_id) for user_id, _ in found]


def test_one_owner_whatever_happens(place: tuple[World, asyncio.Runner]) -> None:
    machine = type("Room", (Room,), {"world": place[0], "runner": place[1]})
    few = settings(
        max_examples=10, stateful_step_count=20, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(machine, settings=few)
