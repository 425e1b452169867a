"""The review of a batch: one request, one verdict for each text, and no I/O."""

from collections import Counter
from typing import Any

import msgspec

from services.moderation.policy import PASS, Policy
from services.moderation.texts import Batch, Verdict, Verdicts
from shared.metrics import counter, histogram
from shared.problems import Invalid

_verdicts = counter("parley_moderation_verdicts_total", "Verdicts by what they say", ("action",))
_passed = _verdicts.labels("pass")
_texts = histogram(
    "parley_moderation_batch_texts", "Texts in a review request", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
)


class Review:
    """Serves `rpc.moderation.review`. `policy` may be replaced at any time; a batch is judged by one policy."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    async def review(self, payload: Any) -> bytes:
        """`{"texts": [...]}` in, `{"verdicts": [...]}` out. Raises Invalid for anything else."""
        try:
            batch = msgspec.convert(payload, Batch)
        except msgspec.ValidationError as exc:
            raise Invalid("invalid", f"That is not a batch of texts: {exc}.") from None
        verdicts = self.policy.judge(batch.texts)
        _count(verdicts)
        return msgspec.json.encode(Verdicts(verdicts))


def _count(verdicts: list[Verdict]) -> None:
    _texts.observe(len(verdicts))
    passed = verdicts.count(PASS)
    _passed.inc(passed)
    if passed < len(verdicts):
        for action, number in Counter(verdict.action for verdict in verdicts if verdict != PASS).items():
            _verdicts.labels(action).inc(number)
