"""One group of commands inside one transaction: what they need is read in a few statements, what they store is
written in a few more, and each command gets its own outcome.

Reads are of this transaction: a ban committed before it is obeyed.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from services.messaging import held, loading, policy
from services.messaging.changes import Changes
from services.messaging.commands import (
    EDIT,
    NOBODY,
    Command,
    Delete,
    Edit,
    Held,
    Judge,
    MarkRead,
    OnMessage,
    Pin,
    Prepared,
    React,
    Send,
    Stored,
    Unreact,
    operation_of,
)
from services.messaging.loading import Pair, Row
from services.messaging.mentions import names_in
from services.messaging.models import members
from services.messaging.notices import Notice, Read
from services.messaging.policy import NotAMember
from services.messaging.render import author_view, render_message, unknown_author
from services.messaging.timeline import Entry, RoomHead, Timeline
from shared.database import WriteSession
from shared.problems import Conflict, Forbidden, NotFound, Problem

_Target = tuple[Row, RoomHead]
_WHATEVER = ""  # the operation of receipts that the release before 0008 wrote


class Batch:
    """What a group's commands see and add."""

    NEW_ROOM = 8  # entries: a conversation of two that has no more may yet be without a first message

    def __init__(self, tx: WriteSession, prepared: Sequence[Prepared]) -> None:
        self._tx = tx
        self.now: datetime = tx.now
        self.timeline = Timeline(tx)
        self.changes = Changes(tx)
        self.notices: list[Notice] = []
        self.reads: list[Read] = []
        self.counts: dict[str, dict[str, int]] = {}
        self.revised: dict[str, list[int]] = {}
        commands = [one.command for one in prepared]
        sends = [command for command in commands if isinstance(command, Send)]
        others = [command for command in commands if isinstance(command, OnMessage)]
        self._load_rooms(commands, sends, others)
        self._load_sends(sends)
        texts = [command for command in commands if isinstance(command, Send | Edit)]
        self._held = loading.held_by_id(tx, {one.held_id for one in texts if one.held_id is not None})
        if others:
            self._load_others(others)
        self._load_mentions(prepared)
        marks = {(command.room_id, command.user_id) for command in commands if isinstance(command, MarkRead)}
        self.markers = loading.markers(tx, marks)

    # What commands ask

    def earlier(self, command: Send) -> Stored | Held | None:
        """The outcome of the first try of this very message, if there was one. Raises Invalid when it was rejected."""
        return _unless_refused(self._earlier.get((command.user_id, command.room_id, command.client_id or "")))

    def done(self, command: OnMessage) -> Stored | Held | None:
        """The outcome of the first try of this very change, if there was one. Raises Invalid when it was rejected."""
        tried = (command.user_id, command.client_id or "", command.message_id)
        outcome = self._done.get((*tried, operation_of(command)))
        return _unless_refused(outcome or self._done.get((*tried, _WHATEVER)))

    def waiting(self, command: Send | Edit) -> Row | None:
        """The held text that the command comes from; None for one that its author hands in now.

        Raises Conflict when it waits no longer, or for something else than what was reviewed.
        """
        if command.held_id is None:
            return None
        row = self._held.get(command.held_id)
        if row is None or row["status"] != "waiting" or row["content"] != command.content:
            raise Conflict("decided", "The text waits no longer.")
        return row

    def held_by(self, room_id: str, user_id: str) -> int:
        """How many texts of the person's wait in the room."""
        return held.count(self._tx, room_id, user_id) + self.changes.held_by(room_id, user_id)

    def holds_edit(self, room_id: str, command: Edit) -> bool:
        """Whether an edit waits in the room, or was rejected, that the person gave the same client_id."""
        if command.client_id is None:
            return False
        key = (room_id, command.user_id, command.client_id)
        return self.changes.holds_edit(*key) or held.holds_edit(self._tx, *key)

    def is_screened(self, room_id: str, user_id: str) -> bool:
        """Whether a moderator looks at all that the person writes there."""
        places = ((room_id, user_id), (loading.EVERYWHERE, user_id))
        return any(policy.is_screened(self._restrictions.get(place, {}), self.now) for place in places)

    def admit(self, room_id: str, user_id: str) -> RoomHead:
        """The room, for somebody who may write in it at this moment.

        Raises NotFound for a room that is not there or not theirs to know of, Forbidden for everybody else.
        """
        room = self.timeline.room(room_id)
        role = self.role(room_id, user_id)
        ends = self._restrictions.get((room_id, user_id), {})
        if role is None and "ban" not in ends and room.kind != "public":
            raise NotFound("There is no such room.")
        policy.not_restricted(ends, self.now)
        policy.may_post(role)
        policy.not_restricted(self._restrictions.get((loading.EVERYWHERE, user_id), {}), self.now)
        if room.kind == "direct" and (room_id, user_id) in self._blocked:
            raise Forbidden("blocked", "This person does not take messages from you.")
        return room

    def target(self, command: OnMessage) -> _Target:
        """The message of a command and its room, for somebody who may write there; NotFound for any other."""
        row = self.messages.get(command.message_id)
        if row is None or command.room_id not in (None, row["room_id"]):
            raise policy.no_such_message()
        try:
            return row, self.admit(row["room_id"], command.user_id)
        except (NotFound, NotAMember):
            raise policy.no_such_message() from None

    def role(self, room_id: str, user_id: str) -> str | None:
        """The person's role in the room, None for non-members."""
        return self._roles.get((room_id, user_id))

    def author(self, user_id: str) -> dict[str, Any]:
        """The author as messages show them."""
        user = self._people.get(user_id)
        return unknown_author(user_id) if user is None else author_view(user)

    def member_named(self, room_id: str, name: str) -> str | None:
        """The id of the member of this name (in lower case)."""
        return self._named.get((room_id, name))

    def has_begun(self, room_id: str) -> bool:
        """Whether anything was said in a young conversation of two."""
        return room_id in self._begun

    def members(self, room_id: str) -> list[str]:
        """Everybody in the room."""
        return list(self._tx.execute(select(members.c.user_id).where(members.c.room_id == room_id)).scalars())

    # What commands add

    def store(self, row: Row, mentioned: Sequence[str], files: Sequence[str]) -> Stored:
        """Keep a new message."""
        self.changes.new_message(row, mentioned, files)
        self.messages[row["id"]] = row
        self._begun.add(row["room_id"])
        if row["client_id"] is not None:
            retry = Stored(row["id"], row["seq"], retry=True)
            self._earlier[(row["author_id"], row["room_id"], row["client_id"])] = retry
        return Stored(row["id"], row["seq"])

    def hold(self, row: Row) -> Held:
        """Keep a text for a moderator; a newer edit takes the place of one that waits."""
        if row["message_id"] is not None:
            self.changes.forget_edits(row["message_id"])
        self.changes.hold(row)
        outcome = Held(row["id"])
        if row["client_id"] is not None and row["message_id"] is None:
            self._earlier[(row["author_id"], row["room_id"], row["client_id"])] = outcome
        elif row["client_id"] is not None:
            self._done[(row["author_id"], row["client_id"], row["message_id"], EDIT)] = outcome
        return outcome

    def release(self, row: Row) -> None:
        """It waits no longer."""
        del self._held[row["id"]]
        self.changes.release(row["id"])

    def update(self, room: RoomHead, row: Row, **body: Any) -> Entry:
        """Tell that the message looks otherwise now."""
        return self.timeline.append(room, "message.updated", {"message": self.render(row), **body})

    def revise(self, row: Row, seq: int) -> None:
        """Keep what the message says until this entry, which replaces it."""
        self.changes.revise(row, seq, self.now)
        self.revised.setdefault(row["id"], []).append(seq)

    def redact(self, row: Row) -> None:
        """Let every earlier entry about the message say what it says now."""
        now = self.render(row)
        said = {name: now[name] for name in ("content", "attachments", "mentions", "mentions_room")}
        self.timeline.redact(row["room_id"], [row["seq"], *self.revised.get(row["id"], ())], said)

    def render(self, row: Row) -> dict[str, Any]:
        """The message as it is now, for everybody."""
        counts = self.counts.get(row["id"], {})
        reactions = [{"emoji": emoji, "count": count} for emoji, count in counts.items()]
        return render_message(row, self.author(row["author_id"]), reactions)

    def finish(self, command: OnMessage, seq: int) -> Stored:
        """The command is carried out; a retry of it shall get the same answer."""
        if command.client_id is not None:
            key = (command.user_id, command.client_id, command.message_id, operation_of(command))
            self._done[key] = Stored(command.message_id, seq, retry=True)
            names = ("user_id", "client_id", "message_id", "operation")
            self.changes.receipt({**dict(zip(names, key, strict=True)), "seq": seq, "at": self.now})
        return Stored(command.message_id, seq)

    def notify(self, what: str, user_ids: Sequence[str], row: Row) -> None:
        """Tell people of a message wherever they are, except its author and who has blocked that author."""
        author = row["author_id"]
        for user_id in user_ids:
            if user_id != author and (user_id, author) not in self._blockers:
                self.notices.append(Notice(user_id, what, row["room_id"], row["id"], row["seq"], author))

    def flush(self) -> None:
        """Write everything that the commands added."""
        self.changes.flush()
        self.timeline.flush()

    # Loading

    def _load_rooms(self, commands: Sequence[Command], sends: Sequence[Send], others: Sequence[OnMessage]) -> None:
        wanted = {command.message_id for command in others} | {send.reply_to for send in sends if send.reply_to}
        self.messages = loading.messages_by_id(self._tx, wanted)
        places: set[Pair] = set()
        for command in commands:
            room_id = self._room_of(command)
            if room_id is not None and command.user_id != NOBODY:
                places.add((room_id, command.user_id))
            elif room_id is not None:
                self.timeline.load([room_id])
        everybody = {user_id for _, user_id in places}
        self._places = places
        authors = {self.messages[command.message_id]["author_id"] for command in others if self._room_of(command)}
        self._load_people(places, authors)
        direct = {room_id for room_id, _ in places if (head := self.timeline.known(room_id)) and head.kind == "direct"}
        self._blocked = loading.blocked(self._tx, direct, everybody)

    def _load_people(self, places: set[Pair], authors: set[str]) -> None:
        """Members with all that concerns them in one statement; of anybody else only what there is."""
        self._roles: dict[Pair, str] = {}
        self._people: dict[str, Row] = {}
        self._restrictions: dict[Pair, dict[str, datetime | None]] = {}
        for row in loading.standing(self._tx, places):
            self.timeline.know(row)
            place = (row["id"], row["user_id"])
            self._roles[place] = row["role"]
            if row["known_id"] is not None:
                self._people[place[1]] = row | {"id": place[1]}
            if row["restriction"] is not None:
                ends = self._restrictions.setdefault((row["restricted_in"], place[1]), {})
                ends[row["restriction"]] = row["expires_at"]
        strangers = places - self._roles.keys()
        self.timeline.load(sorted({room_id for room_id, _ in strangers}))
        self._restrictions |= loading.restricted(self._tx, {user_id for _, user_id in strangers})
        others = ({user_id for _, user_id in places} | authors) - {user_id for _, user_id in self._roles}
        self._people |= loading.people(self._tx, others)

    def _load_sends(self, sends: Sequence[Send]) -> None:
        tx = self._tx
        keys = {(send.user_id, send.room_id, send.client_id) for send in sends if send.client_id is not None}
        self._earlier = loading.earlier(tx, keys)
        self.schedules = loading.schedules_by_id(tx, {send.schedule_id for send in sends if send.schedule_id})
        later = [send for send in sends if send.send_at is not None]
        keys = {(send.user_id, send.room_id, send.client_id) for send in later if send.client_id is not None}
        self.scheduled = loading.scheduled(tx, keys)
        self.pending = loading.pending(tx, {(send.user_id, send.room_id) for send in later})
        slow, young = set(), set()
        for send in sends:
            room = self.timeline.known(send.room_id)
            if room is not None and room.state.get("slow_mode_seconds"):
                slow.add((send.room_id, send.user_id))
            if room is not None and room.kind == "direct" and room.seq <= self.NEW_ROOM:
                young.add(send.room_id)
        self.pace = loading.pace(tx, slow)
        self._begun = loading.begun(tx, young)

    def _load_others(self, others: Sequence[OnMessage]) -> None:
        tx = self._tx
        reacting = [command for command in others if isinstance(command, React | Unreact)]
        ids = {command.message_id for command in reacting}
        ids |= {command.message_id for command in others if self.messages.get(command.message_id, {}).get("reacted")}
        self.counts = loading.counts(tx, ids)
        self.own = loading.own(tx, {(command.message_id, command.user_id) for command in reacting})
        erasing = {command.message_id for command in others if isinstance(command, Delete | Judge)}
        self.revised = loading.revised(tx, erasing)
        pinning = {self._room_of(command) for command in others if isinstance(command, Pin)}
        self.pins = loading.pinned(tx, {room_id for room_id in pinning if room_id})
        keys = {(command.user_id, command.client_id) for command in others if command.client_id is not None}
        self._done = loading.done(tx, keys)

    def _load_mentions(self, prepared: Sequence[Prepared]) -> None:
        names: set[str] = set()
        rooms: set[str] = set()
        for one in prepared:
            if isinstance(one.command, Send | Edit) and (found := names_in(one.verdict.text or one.command.content)):
                names.update(found)
                rooms.add(self._room_of(one.command) or "")
        self._named = loading.named(self._tx, rooms, names)
        callers = {user_id for room_id, user_id in self._places if room_id in rooms}
        self._blockers = loading.blockers(self._tx, callers)

    def _room_of(self, command: Command) -> str | None:
        if isinstance(command, Send | MarkRead):
            return command.room_id
        row = self.messages.get(command.message_id)
        return None if row is None else row["room_id"]


def _unless_refused(outcome: loading.Earlier | None) -> Stored | Held | None:
    if isinstance(outcome, Problem):
        raise outcome
    return outcome
