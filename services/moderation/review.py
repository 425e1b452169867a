"""The review of a batch: one request, one verdict for each text, and no I/O."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from services.moderation.texts import PASS, Batch, Text, Verdict, Verdicts
from shared.metrics import counter, histogram
from shared.problems import Invalid

_verdicts = counter("parley_moderation_verdicts_total", "Verdicts by what they say", ("action",))
_passed = _verdicts.labels("pass")
_texts = histogram(
    "parley_moderation_batch_texts", "Texts in a review request", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
)
_AT_ONCE = 16_000  # characters; some milliseconds, after which others have their turn


class Policy(Protocol):
    """Judges texts; called for every message before it is stored, so it has microseconds."""

    def judge(self, texts: Sequence[Text]) -> list[Verdict]:
        """One verdict for each text, in their order; PASS itself for what passes."""


class Review:
    """Serves `rpc.moderation.review`."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    async def review(self, payload: Any) -> bytes:
        """`{"texts": [...]}` in, `{"verdicts": [...]}` out. Raises Invalid for anything else."""
        try:
            batch = msgspec.convert(payload, Batch)
        except msgspec.ValidationError as exc:
            raise Invalid("invalid", f"That is not a batch of texts: {exc}.") from None
        verdicts = await self._judged(batch.texts)
        _count(verdicts)
        return msgspec.json.encode(Verdicts(verdicts))

    async def _judged(self, texts: Sequence[Text]) -> list[Verdict]:
        verdicts: list[Verdict] = []
        begin, characters = 0, 0
        for number, text in enumerate(texts):
            characters += len(text.text)
            if characters > _AT_ONCE:
                verdicts += self._policy.judge(texts[begin : number + 1])
                begin, characters = number + 1, 0
                await asyncio.sleep(0)
        return verdicts + self._policy.judge(texts[begin:]) if begin < len(texts) else verdicts


def _count(verdicts: list[Verdict]) -> None:
    _texts.observe(len(verdicts))
    passed = verdicts.count(PASS)
    _passed.inc(passed)
    if passed < len(verdicts):
        for action, number in Counter(verdict.action for verdict in verdicts if verdict != PASS).items():
            _verdicts.labels(action).inc(number)
