"""A batch in, a verdict for each text out."""

from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from services.moderation.review import Review
from services.moderation.texts import MOST_TEXTS, PASS, Text, Verdict
from shared.ids import new_id
from shared.metrics import metrics_response
from shared.problems import Invalid


def batch(*texts: str) -> dict[str, Any]:
    return {"texts": [{"room_id": new_id(), "author_id": new_id(), "kind": "message", "text": text} for text in texts]}


class Shouting:
    """A policy that counts how often it is asked."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def judge(self, texts: Sequence[Text]) -> list[Verdict]:
        self.batches.append(len(texts))
        return [self._judge(text.text) for text in texts]

    def _judge(self, text: str) -> Verdict:
        if "!" in text:
            return Verdict("block", reason="shouting")
        return Verdict("mask", text=text.lower()) if text.isupper() else PASS


async def test_verdicts_stand_in_the_order_of_the_texts() -> None:
    answer = orjson.loads(await Review(Shouting()).review(batch("hi", "HI", "hi!", "ho")))
    assert answer["verdicts"] == [
        {"action": "pass"},
        {"action": "mask", "text": "hi"},
        {"action": "block", "reason": "shouting"},
        {"action": "pass"},
    ]


async def test_an_empty_batch() -> None:
    assert orjson.loads(await Review(Shouting()).review({"texts": []})) == {"verdicts": []}


async def test_a_heavy_batch_is_judged_in_parts_so_that_others_have_their_turn() -> None:
    policy = Shouting()
    answer = orjson.loads(await Review(policy).review(batch(*["x" * 4000] * 9, "hi!")))
    assert [each["action"] for each in answer["verdicts"]] == ["pass"] * 9 + ["block"]
    assert policy.batches == [5, 5]


async def test_fields_that_we_do_not_know_are_the_askers_business() -> None:
    payload = batch("a")
    payload["texts"][0]["language"] = "en"
    assert orjson.loads(await Review(Shouting()).review(payload | {"more": 1})) == {"verdicts": [{"action": "pass"}]}


@pytest.mark.parametrize(
    "payload",
    [
        None,
        1,
        [],
        "x",
        {},
        {"texts": None},
        {"texts": {}},
        {"texts": [1]},
        {"texts": [{}]},
        {"texts": [{"room_id": "r", "author_id": "a", "kind": "message"}]},
        {"texts": [{"room_id": 1, "author_id": "a", "kind": "message", "text": "x"}]},
        {"texts": [{"room_id": "r", "author_id": "a", "kind": "message", "text": None}]},
        {"texts": [{"room_id": "r", "author_id": "a", "kind": "message", "text": "x" * 20_000}]},
        {"texts": [{"room_id": "r", "author_id": "a", "kind": "message", "text": "x"}] * (MOST_TEXTS + 1)},
    ],
    ids=range(14),
)
async def test_anything_else_is_refused(payload: Any) -> None:
    with pytest.raises(Invalid, match="not a batch"):
        await Review(Shouting()).review(payload)


async def test_what_is_said_is_measured() -> None:
    await Review(Shouting()).review(batch("hi!", "ho!", "a"))
    text = bytes(metrics_response().body).decode()
    assert 'parley_moderation_verdicts_total{action="block"}' in text
    assert "parley_moderation_batch_texts_bucket" in text
