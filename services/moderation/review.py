"""The review of a batch: one request, one verdict for each text, and no I/O."""

from collections import Counter
from typing import Any

import msgspec

from services.moderation.policy import Policy
from services.moderation.texts import Batch, Verdicts
from shared.metrics import counter, histogram
from shared.problems import Invalid

_verdicts = counter("parley_moderation_verdicts_total", "Verdicts by what they say", ("action",))
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
        judge = self.policy.judge
        verdicts = [judge(text) for text in batch.texts]
        _texts.observe(len(verdicts))
        for action, number in Counter(verdict.action for verdict in verdicts).items():
            _verdicts.labels(action).inc(number)
        return msgspec.json.encode(Verdicts(verdicts))
