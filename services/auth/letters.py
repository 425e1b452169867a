"""What our mail says. Each carries a code, and where the house has a public address a link with the code in it.

The code stands behind a `#`: no browser sends that to a server, so it is in no log.
"""

from dataclasses import dataclass

from services.auth.actions.mail_codes import GOOD_FOR
from services.auth.store.mails import Purpose


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail without its recipient."""

    subject: str
    text: str


_SUBJECTS: dict[Purpose, str] = {"verify": "Parley: confirm your e-mail address", "reset": "Parley: a new password"}
_WHY: dict[Purpose, str] = {
    "verify": "Somebody, probably you, gave this e-mail address for the Parley account {username}.",
    "reset": "Somebody, probably you, asked for a new password for the Parley account {username}.",
}
_IF_NOT: dict[Purpose, str] = {
    "verify": "If it was not you, do nothing: without the code the address stays unconfirmed.",
    "reset": "If it was not you, do nothing: without the code the password stays as it is.",
}


def letter(purpose: Purpose, username: str, code: str, public_url: str) -> Letter:
    """The mail that brings this code."""
    minutes = int(GOOD_FOR[purpose].total_seconds() // 60)
    lasts = f"{minutes // 60} hours" if minutes >= 60 else f"{minutes} minutes"
    how = f"Your code, good once within {lasts}:\n\n{code}\n"
    if public_url:
        how += f"\nOr follow this link:\n\n{public_url.rstrip('/')}/#{purpose}={code}\n"
    text = "\n".join((_WHY[purpose].format(username=username) + "\n", how, _IF_NOT[purpose], ""))
    return Letter(_SUBJECTS[purpose], text)
