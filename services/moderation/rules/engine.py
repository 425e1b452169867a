"""Puts a room's rules to a text: which of them apply, and what has to be done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import re2

from services.moderation.rules import looks
from services.moderation.rules.looks import Span
from services.moderation.rules.repeats import Repeats
from services.moderation.rules.schemas import Action, Rules, options

_SEVERITY: dict[Action, int] = {"mask": 1, "hold": 2, "block": 3, "mute": 4}
_LOOKS: dict[str, Callable[[Any, str], list[Span] | None]] = {
    "links": looks.links,
    "invitations": looks.invitations,
    "shouting": looks.shouting,
    "mentions": looks.mentions,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that applies, what it is about, and what becomes of it."""

    rule: str
    action: Action
    spans: list[Span]
    mute_seconds: int


class Engine:
    """The rules of one room, compiled."""

    def __init__(self, rules: Rules, repeats: Repeats) -> None:
        self._rules = rules
        self._repeats = repeats
        self._patterns = [(rule, re2.compile(rule.pattern, options())) for rule in rules.regexes]

    def findings(self, room_id: str, author_id: str, text: str, now: float, age: float) -> list[Finding]:
        """What applies, the most severe first. `age` is the account's, in seconds."""
        found = [*self._by_text(text), *self._by_author(room_id, author_id, text, now, age)]
        return sorted(found, key=lambda finding: -_SEVERITY[finding.action])

    def _by_text(self, text: str) -> Iterator[Finding]:
        for name, look in _LOOKS.items():
            rule = getattr(self._rules, name)
            if rule is not None and (spans := look(rule, text)) is not None:
                yield Finding(name, rule.action, spans, rule.mute_seconds)
        for rule, pattern in self._patterns:
            if spans := [match.span() for match in pattern.finditer(text) if match.end() > match.start()]:
                yield Finding("regex", rule.action, spans, rule.mute_seconds)

    def _by_author(self, room_id: str, author_id: str, text: str, now: float, age: float) -> Iterator[Finding]:
        repeats, newcomers = self._rules.repeats, self._rules.newcomers
        if repeats is not None:
            times = self._repeats.count(room_id, author_id, text, now, repeats.seconds)
            if times >= repeats.times:
                yield Finding("repeats", repeats.action, [], repeats.mute_seconds)
        if (
            newcomers is not None
            and age < 60 * newcomers.minutes
            and (not newcomers.only_links or looks.has_link(text))
        ):
            yield Finding("newcomers", newcomers.action, [], newcomers.mute_seconds)
