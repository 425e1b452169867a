"""A batch in, a verdict for each text out, fast."""

import time
from collections.abc import Sequence
from typing import Any

import msgspec
import orjson
import pytest

from services.moderation.policy import PASS, PassAll
from services.moderation.review import Review
from services.moderation.texts import MOST_TEXTS, Text, Verdict
from shared.ids import new_id
from shared.metrics import metrics_response
from shared.problems import Invalid


def batch(*texts: str) -> dict[str, Any]:
    return {"texts": [{"room_id": new_id(), "author_id": new_id(), "kind": "message", "text": text} for text in texts]}


class Shouting:
    """A policy of the kind that is to come."""

    def judge(self, texts: Sequence[Text]) -> list[Verdict]:
        return [self._judge(text.text) for text in texts]

    def _judge(self, text: str) -> Verdict:
        if "!" in text:
            return Verdict("block", code="shouting")
        return Verdict("mask", text=text.lower()) if text.isupper() else PASS


async def test_everything_passes_as_long_as_there_are_no_rules() -> None:
    answer = orjson.loads(await Review(PassAll()).review(batch("a", "", "🙂" * 4000)))
    assert answer == {"verdicts": [{"action": "pass"}] * 3}


async def test_verdicts_stand_in_the_order_of_the_texts() -> None:
    answer = orjson.loads(await Review(Shouting()).review(batch("hi", "HI", "hi!", "ho")))
    assert answer["verdicts"] == [
        {"action": "pass"},
        {"action": "mask", "text": "hi"},
        {"action": "block", "code": "shouting"},
        {"action": "pass"},
    ]


async def test_an_empty_batch() -> None:
    assert orjson.loads(await Review(PassAll()).review({"texts": []})) == {"verdicts": []}


async def test_fields_that_we_do_not_know_are_the_askers_business() -> None:
    payload = batch("a")
    payload["texts"][0]["language"] = "en"
    assert orjson.loads(await Review(PassAll()).review(payload | {"more": 1})) == {"verdicts": [{"action": "pass"}]}


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
        batch(*["x"] * (MOST_TEXTS + 1)),
    ],
)
async def test_anything_else_is_refused(payload: Any) -> None:
    with pytest.raises(Invalid, match="not a batch"):
        await Review(PassAll()).review(payload)


async def test_what_is_said_is_measured() -> None:
    await Review(Shouting()).review(batch("hi!", "ho!", "a"))
    text = bytes(metrics_response().body).decode()
    assert 'parley_moderation_verdicts_total{action="block"}' in text
    assert "parley_moderation_batch_texts_bucket" in text


async def test_a_batch_costs_less_than_100_microseconds() -> None:
    review = Review(PassAll()).review
    payload = msgspec.json.decode(msgspec.json.encode(batch(*["a message of ordinary length, more or less"] * 64)))
    best = float("inf")
    for _ in range(50):
        started = time.perf_counter()
        await review(payload)
        best = min(best, time.perf_counter() - started)
    assert best < 100e-6
