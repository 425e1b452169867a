"""What is let through. Pure: a policy knows words and rules, and no database."""

from typing import Protocol

from services.moderation.texts import Text, Verdict

PASS = Verdict("pass")


class Policy(Protocol):
    """Judges one text; called for every message before it is stored, so it has microseconds."""

    def judge(self, text: Text) -> Verdict:
        """The verdict on this text."""


class PassAll:
    """The policy as long as nobody has set a rule."""

    def judge(self, text: Text) -> Verdict:
        """Everything passes."""
        return PASS
