"""Each rule alone: what it sees and what it lets be."""

from collections.abc import Mapping

import pytest
import re2

from services.moderation.rules.engine import Engine
from services.moderation.rules.repeats import Repeats
from services.moderation.rules.schemas import Rules, options

YEARS = 1e9


def found(
    rules: Mapping[str, object], text: str, *, age: float = YEARS, engine: Engine | None = None, now: float = 0.0
) -> list[str]:
    made = engine or Engine(Rules.model_validate(rules), Repeats())
    return [finding.rule for finding in made.findings("room", "author", text, now, age)]


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("see https://example.com/a?b=c", True),
        ("see www.example.com", True),
        ("go to example.com/path now", True),
        ("ftp://files.example.net", True),
        ("bad.example.com", True),
        ("write to ada@example.com", False),
        ("that is it.Com on", True),
        ("version 1.2.3 of main.py", False),
        ("e.g. this, i.e. that...", False),
        ("https://good.org/x", False),
        ("https://sub.good.org", False),
        ("https://notgood.org", True),
        ("https://good.org.evil.com", True),
        ("https://good.org@evil.com/", True),
    ],
)
def test_links(text: str, hit: bool) -> None:
    assert bool(found({"links": {"action": "block", "allowed": ["good.org"]}}, text)) is hit


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("join discord.gg/abc123", True),
        ("https://t.me/joinchat/AAAA", True),
        ("use invite: Abcdefghijklmnop_-12", True),
        ("I invite you to tea", False),
        ("discord is down", False),
    ],
)
def test_invitations(text: str, hit: bool) -> None:
    assert bool(found({"invitations": {"action": "block"}}, text)) is hit


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("WHY DOES NOBODY ANSWER", True),
        ("NASA and ESA", False),
        ("OK", False),
        ("ПОЧЕМУ НИКТО НЕ ОТВЕЧАЕТ", True),
        ("123456 !!!!", False),
    ],
)
def test_shouting(text: str, hit: bool) -> None:
    assert bool(found({"shouting": {"action": "block"}}, text)) is hit


def test_mentions_are_of_different_people() -> None:
    rules = {"mentions": {"action": "block", "most": 2}}
    assert found(rules, "@ada @bob @ada. @ADA hello ada@example.com") == []
    assert found(rules, "@ada @bob @eve") == ["mentions"]


def test_repeats_within_a_time_by_one_person_in_one_room() -> None:
    engine = Engine(Rules.model_validate({"repeats": {"action": "block", "times": 3, "seconds": 10}}), Repeats())

    def says(text: str, now: float, room: str = "room", author: str = "author") -> bool:
        return bool(engine.findings(room, author, text, now, YEARS))

    assert [says("buy", 0), says("BUY ", 1), says("sell", 1.5), says("buy", 2)] == [False, False, False, True]
    assert not says("buy", 3, author="other")
    assert not says("buy", 3, room="other")
    assert [says("buy", 20), says("buy", 21)] == [False, False]


def test_repeats_do_not_fill_the_memory() -> None:
    repeats = Repeats()
    for number in range(30_000):
        repeats.count("room", "author", str(number), 0.0, 10)
    assert len(repeats._times) == 20_000


def test_newcomers() -> None:
    quiet = {"newcomers": {"action": "block", "minutes": 10, "only_links": False}}
    assert found(quiet, "hello", age=599) == ["newcomers"]
    assert found(quiet, "hello", age=600) == []
    careful = {"newcomers": {"action": "block", "minutes": 10}}
    assert found(careful, "hello", age=1) == []
    assert found(careful, "hello at evil.com", age=1) == ["newcomers"]


def test_a_pattern_cannot_hang_us() -> None:
    rules = Rules.model_validate({"regexes": [{"action": "block", "pattern": "(x+x+)+y"}]})
    assert found({}, "x" * 16_000, engine=Engine(rules, Repeats())) == []
    assert options().max_mem <= 1 << 20
    assert re2.compile("A", options()).search("a") is not None


def test_masking_patterns_name_their_spans() -> None:
    engine = Engine(Rules.model_validate({"regexes": [{"action": "mask", "pattern": "[0-9]+"}]}), Repeats())
    [finding] = engine.findings("room", "author", "é 12 and 345", 0, YEARS)
    assert finding.spans == [(2, 4), (9, 12)]
