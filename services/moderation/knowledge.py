"""What the review has to know, as the database has it: read whole at the start, and by what changed from then on."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from services.moderation.models import rooms as room_table
from services.moderation.models import rules as rule_table
from services.moderation.models import words as word_table
from services.moderation.store import revisions, rooms, rules, words
from shared.database import ReadSession

_NO_WORDS: Mapping[str, list[str]] = {"blocked": [], "allowed": [], "refused": []}


@dataclass(frozen=True, slots=True)
class Knowledge:
    """A room that has something of its own: a setting, words, rules (JSON), or that it is direct."""

    kind: str
    profanity: str
    words: Mapping[str, list[str]]
    rules: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What is known up to a revision: the house's words if they changed, and rooms; None for one that has nothing."""

    revision: int
    house: Mapping[str, list[str]] | None
    rooms: Mapping[str, Knowledge | None]


def read_changes(tx: ReadSession, after: int) -> Changes:
    """Everything when `after` is negative, else what changed since that revision."""
    revision = revisions.last(tx)
    scopes = _all_scopes(tx) if after < 0 else revisions.changed_after(tx, after)
    house = words.lists(tx, words.HOUSE) if words.HOUSE in scopes else None
    return Changes(revision, house, {scope: _room(tx, scope) for scope in scopes if scope != words.HOUSE})


def _all_scopes(tx: ReadSession) -> set[str]:
    """The house, and rooms that differ from the default; direct ones do by having no word policy."""
    special = (room_table.c.kind == "direct") | (room_table.c.profanity != "off")
    found = {words.HOUSE, *tx.execute(select(room_table.c.id).where(special)).scalars()}
    found.update(tx.execute(select(rule_table.c.room_id)).scalars())
    found.update(tx.execute(select(word_table.c.scope).distinct()).scalars())
    return found


def _room(tx: ReadSession, room_id: str) -> Knowledge | None:
    room = rooms.find(tx, room_id)
    if room is None:
        return None
    own, set_rules = words.lists(tx, room_id), rules.find(tx, room_id)
    if room.kind != "direct" and room.profanity == "off" and set_rules is None and own == _NO_WORDS:
        return None
    return Knowledge(room.kind, room.profanity, own, set_rules)
