from typing import Any

import pytest

from services.moderation.app import create_app
from services.moderation.settings import Settings
from services.moderation.tests.house import House, code_of
from services.moderation.tests.neighbours import Neighbours
from services.moderation.texts import Text
from shared.caller import Caller
from shared.testing.plugin import running
from shared.testing.waiting import eventually

NOTHING = {"links": None, "invitations": None, "shouting": None, "repeats": None, "mentions": None, "newcomers": None}
# An account that is years old, as its id says.
OLD = Caller("01890000-0000-7000-8000-000000000001", "01890000-0000-7000-8000-000000000002", "user", "192.0.2.1")


async def test_all_are_off_until_somebody_turns_them_on(house: House) -> None:
    ada, bob = house.person(), house.person()
    room = await house.room(ada, bob)
    path = f"/rooms/{room}/rules"
    assert await house.done(ada, "GET", path) == {**NOTHING, "regexes": []}
    links = {"action": "block", "allowed": ["example.org"]}
    kept = await house.done(ada, "PUT", path, {"links": links})
    assert kept["links"] == {**links, "mute_seconds": 600}
    assert await house.done(ada, "GET", path) == kept
    refused = {"action": "block", "reason": "links", "code": "links"}
    for kind in ("message", "edit", "scheduled"):
        assert await house.judged(room, OLD, "see https://evil.example/x", kind) == refused
    assert await house.judged(room, OLD, "see https://docs.example.org/x") == {"action": "pass"}
    assert await house.judged(room, OLD, "https://evil.example", "file_name") == {"action": "pass"}
    await house.done(ada, "PUT", path, {})
    assert await house.judged(room, OLD, "see https://evil.example/x") == {"action": "pass"}
    assert code_of(await house.call(bob, "GET", path)) == (403, "not_allowed")
    assert code_of(await house.call(bob, "PUT", path, {})) == (403, "not_allowed")


async def test_a_rule_mutes_but_nobody_who_stands_above_it(house: House) -> None:
    ada, bob = house.person(), house.person()
    room = await house.room(ada, bob)
    rule = {"action": "mute", "mute_seconds": 60, "pattern": "free (money|coins)"}
    await house.done(ada, "PUT", f"/rooms/{room}/rules", {"regexes": [rule]})
    refused = {"action": "block", "reason": "regex", "code": "regex"}
    assert await house.judged(room, ada, "FREE MONEY") == refused, "refused, but an owner is not muted"
    for _ in range(3):
        assert await house.judged(room, bob, "get free coins here") == refused
    await eventually(lambda: house.near.messaging.types() == ["member.muted"])
    data = house.near.messaging.pushed[0]["data"]
    assert (data["user_id"], data["by"], data["reason"]) == (bob.user_id, None, "rule: regex")
    [restriction] = (await house.done(ada, "GET", f"/rooms/{room}/restrictions"))["items"]
    assert (restriction["user_id"], restriction["by"]) == (bob.user_id, None)
    await house.done(ada, "DELETE", f"/rooms/{room}/mute/{bob.user_id}")
    assert await house.judged(room, bob, "free coins") == refused
    await eventually(lambda: house.near.messaging.types() == ["member.muted", "member.unmuted", "member.muted"])


async def test_repeats_are_counted_by_all_replicas_together(settings: Settings, near: Neighbours) -> None:
    one, other = create_app(settings), create_app(settings)
    async with running(one) as client, running(other):
        house = House(client, near)
        ada = house.person()
        room = await house.room(ada)
        await house.done(ada, "PUT", f"/rooms/{room}/rules", {"repeats": {"action": "block", "times": 20}})
        boards = [app.state.wiring.board for app in (one, other)]
        said = [Text(room, OLD.user_id, "message", "buy my pills")]
        await eventually(lambda: all(room in board._judge.rooms for board in boards))
        assert {each.action for _ in range(19) for each in boards[0].judge(said)} == {"pass"}

        def knows() -> bool:
            return [len(times) for times in boards[1]._repeats._times.values()] == [19]

        await eventually(knows)
        assert [each.reason for each in boards[1].judge(said)] == ["repeats"]


async def test_the_most_severe_wins_and_masks_add_up(house: House) -> None:
    ada = house.person()
    room = await house.room(ada, profanity="mask")
    rules = {
        "regexes": [{"action": "mask", "pattern": r"\d{4,}"}],
        "mentions": {"action": "hold", "most": 2},
        "shouting": {"action": "block"},
    }
    await house.done(ada, "PUT", f"/rooms/{room}/rules", rules)
    masked = {"action": "mask", "text": "**** **** ok", "reason": "profanity"}
    assert await house.judged(room, OLD, "fuck 1234 ok") == masked
    held = {"action": "hold", "text": "**** @a @b @c", "reason": "mentions"}
    assert await house.judged(room, OLD, "1234 @a @b @c") == held
    assert (await house.judged(room, OLD, "1234 @a @b @c WHAT IS ALL THIS"))["reason"] == "shouting"


@pytest.mark.parametrize(
    "wrong",
    [
        {"regexes": [{"action": "mask", "pattern": "("}]},
        {"regexes": [{"action": "mask", "pattern": "a*"}]},
        {"regexes": [{"action": "mask", "pattern": r"(a)\1"}]},
        {"regexes": [{"action": "mask", "pattern": "x{1000}{1000}"}]},
        {"regexes": [{"action": "mask", "pattern": "x" * 501}]},
        {"regexes": [{"action": "mask", "pattern": "x"}] * 21},
        {"links": {"action": "warn"}},
        {"links": {"action": "block", "allowed": ["https://x"]}},
        {"repeats": {"action": "mask"}},
        {"mentions": {"action": "block", "most": 0}},
        {"spelling": {"action": "block"}},
    ],
    ids=range(11),
)
async def test_rules_that_make_no_sense(house: House, wrong: dict[str, Any]) -> None:
    ada = house.person()
    room = await house.room(ada)
    assert code_of(await house.call(ada, "PUT", f"/rooms/{room}/rules", wrong)) == (422, "invalid")
