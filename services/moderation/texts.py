"""What is asked of moderation, and what it answers: `rpc.moderation.review` in types."""

from typing import Annotated, Literal

import msgspec

MOST_TEXTS = 1024


class Text(msgspec.Struct, frozen=True, gc=False):
    """Something a person wants to say, and where."""

    room_id: str
    author_id: str
    kind: str
    text: Annotated[str, msgspec.Meta(max_length=16_384)]


class Batch(msgspec.Struct, frozen=True, gc=False):
    """The texts of one request, in order."""

    texts: Annotated[list[Text], msgspec.Meta(max_length=MOST_TEXTS)]


class Verdict(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What may happen to a text: it passes, passes as `text`, is refused, or waits for a moderator; and why.

    `reason` is `profanity` or the name of a rule; `code` is the same as the code of the sender's error.
    """

    action: Literal["pass", "mask", "block", "hold"]
    text: str | None = None
    reason: str | None = None
    code: str | None = None


class Verdicts(msgspec.Struct, frozen=True, gc=False):
    """One verdict for each text, in the order of the texts."""

    verdicts: list[Verdict]


PASS = Verdict("pass")
