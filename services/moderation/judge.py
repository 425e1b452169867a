"""The verdict on a text: the house's words, the room's setting, words and rules. No I/O, and microseconds a text.

The most severe wins: block, then hold, then mask. A direct room has no word policy and no rules, since nobody moderates
it; only what the house refuses everywhere is refused there too.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Self
from uuid import UUID

from services.moderation.knowledge import Knowledge
from services.moderation.rules.engine import Engine, Finding
from services.moderation.rules.repeats import Repeats
from services.moderation.rules.schemas import Rules
from services.moderation.texts import PASS, Text, Verdict
from services.moderation.words import terms
from services.moderation.words.exempt import Exempt
from services.moderation.words.matcher import Matcher, find, mask, starred_out

PROFANITY = "profanity"
_REFUSED = Verdict("block", reason=PROFANITY, code=PROFANITY)
_STRICTNESS = ("off", "mask", "block")
_NAMES = frozenset(("room_name", "topic", "display_name"))
_RULED = frozenset(("message", "edit", "scheduled"))
_NOTHING_EXEMPT = Exempt()
OnMute = Callable[[Text, Finding], None]


@cache
def _as_it_comes() -> Matcher:
    return Matcher(terms.blocked(), terms.allowed())


@dataclass(frozen=True, slots=True)
class HousePolicy:
    """The words of the house: what rooms with a word policy find, but what is exempt; what is refused everywhere."""

    words: tuple[Matcher, ...]
    exempt: Exempt
    refused: Matcher | None

    @classmethod
    def of(cls, lists: Mapping[str, list[str]]) -> Self:
        """The list that comes with the service, with what admins added and allowed."""
        words = tuple(each for each in (_as_it_comes(), _compiled(lists["blocked"])) if each is not None)
        return cls(words, Exempt(lists["allowed"]), _compiled(lists["refused"]))


@dataclass(frozen=True, slots=True)
class RoomPolicy:
    """What a room has of its own; `profanity` is off in a direct one."""

    profanity: str
    words: tuple[Matcher, ...] = ()
    exempt: Exempt = _NOTHING_EXEMPT
    engine: Engine | None = None

    @classmethod
    def of(cls, known: Knowledge, repeats: Repeats) -> Self:
        """The room's, compiled."""
        if known.kind == "direct":
            return cls("off")
        own = _compiled(known.words["blocked"])
        engine = None if known.rules is None else Engine(Rules.model_validate_json(known.rules), repeats)
        return cls(known.profanity, () if own is None else (own,), Exempt(known.words["allowed"]), engine)


def _compiled(words: Sequence[str]) -> Matcher | None:
    if not words:
        return None
    own, literals = terms.custom(words)
    return Matcher(own, (), literals)


_PLAIN_ROOM = RoomPolicy("off")


class Judge:
    """Judges by what `house` and `rooms` say, nothing at first; both may change between two texts.

    `names` is the strictness for names that everybody sees, `on_mute` hears of mutes by rules.
    """

    def __init__(self, names: str, on_mute: OnMute) -> None:
        self.house = HousePolicy((), _NOTHING_EXEMPT, None)
        self.rooms: dict[str, RoomPolicy] = {}
        self._names = names
        self._on_mute = on_mute

    def judge(self, texts: Sequence[Text]) -> list[Verdict]:
        """One verdict for each text, in their order; PASS itself for what passes."""
        return [self._verdict(text) for text in texts]

    def _verdict(self, text: Text) -> Verdict:
        room = self.rooms.get(text.room_id, _PLAIN_ROOM)
        if self.house.refused is not None and self.house.refused.find(text.text):
            return _REFUSED
        worded = self._by_words(text, room)
        if room.engine is None or text.kind not in _RULED or worded.action == "block":
            return worded
        return self._by_rules(text, room.engine, worded)

    def _by_words(self, text: Text, room: RoomPolicy) -> Verdict:
        strictness = room.profanity
        if text.kind in _NAMES:
            strictness = max(strictness, self._names, key=_STRICTNESS.index)
        if strictness == "off":
            return PASS
        matchers, exempt = (*self.house.words, *room.words), (self.house.exempt, room.exempt)
        if not find(matchers, text.text, exempt):
            return PASS
        if strictness == "block":
            return _REFUSED
        return Verdict("mask", text=mask(matchers, text.text, exempt), reason=PROFANITY)

    def _by_rules(self, text: Text, engine: Engine, worded: Verdict) -> Verdict:
        age = time.time() - UUID(text.author_id).int / (1 << 80) / 1000 if _is_uuid7(text.author_id) else float("inf")
        findings = engine.findings(text.room_id, text.author_id, text.text, time.monotonic(), age)
        if not findings:
            return worded
        worst = findings[0]
        if worst.action == "mute":
            self._on_mute(text, worst)
        if worst.action in ("mute", "block"):
            return Verdict("block", reason=worst.rule, code=worst.rule)
        masked = starred_out(worded.text or text.text, _spans(findings))
        if worst.action == "hold":
            return Verdict("hold", text=masked if masked != text.text else None, reason=worst.rule)
        return Verdict("mask", text=masked, reason=worded.reason or worst.rule)


def _spans(findings: Sequence[Finding]) -> list[tuple[int, int]]:
    return [span for finding in findings if finding.action == "mask" for span in finding.spans]


def _is_uuid7(user_id: str) -> bool:
    """Ids of accounts carry the time when they were made, so nobody has to be asked for it."""
    return len(user_id) == 36 and user_id[14] == "7"
