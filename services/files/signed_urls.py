"""Tokens for `?token=`, for where no header can be sent: `<img>`, `<video>`, a download.

A token names one file, one person, the session that it was made in and an end. It says who asks, and no more: whether
that person is still in the room, and logged in, is looked up at every request, so a token is worth nothing from the
moment at which its owner leaves.
"""

import hmac
import re
import time
from base64 import urlsafe_b64encode
from datetime import timedelta

from shared.caller import Caller
from shared.problems import Unauthorized

LONGEST_LINK = timedelta(hours=2)  # twice what settings allow: a clock may be late
_PURPOSE = b"parley files: signed urls"
_FORM = re.compile(r"(\d{1,12})\.([0-9a-f-]{36})\.([0-9a-f-]{36})\.([A-Za-z0-9_-]{43})", re.ASCII)


class UrlSigner:
    """Makes and checks tokens, with a key made from a secret that the service has anyway."""

    def __init__(self, secret: str, seconds: int) -> None:
        self._key = hmac.digest(secret.encode(), _PURPOSE, "sha256")
        self._seconds = seconds

    def sign(self, file_id: str, caller: Caller) -> str:
        """A token by which this person fetches this file for a while, if they stay logged in."""
        expires = int(time.time()) + self._seconds
        owner = f"{caller.user_id}.{caller.session_id}"
        return f"{expires}.{owner}.{self._signature(file_id, owner, expires)}"

    def owner_of(self, token: str, file_id: str) -> tuple[str, str]:
        """Who asks, and in which session. Raises Unauthorized unless we made the token for this file, and its time is
        not over."""
        form = _FORM.fullmatch(token)
        if form is None:
            raise refusal()
        expires, user_id, session_id = int(form[1]), form[2], form[3]
        if not hmac.compare_digest(self._signature(file_id, f"{user_id}.{session_id}", expires), form[4]):
            raise refusal()
        if not time.time() < expires <= time.time() + self._seconds:
            raise refusal()
        return user_id, session_id

    def _signature(self, file_id: str, owner: str, expires: int) -> str:
        digest = hmac.digest(self._key, f"{file_id} {owner} {expires}".encode(), "sha256")
        return urlsafe_b64encode(digest).rstrip(b"=").decode()


def refusal() -> Unauthorized:
    """The one answer to every token that is worth nothing."""
    return Unauthorized(detail="The link is not valid, or not any more. Ask for the file anew.")
