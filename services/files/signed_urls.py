"""Tokens for `?token=`, for where no header can be sent: `<img>`, `<video>`, a download.

A token names one file, one person and an end. It says who asks, and no more: whether that person is still in the room
is looked up at every request, so a token is worth nothing from the moment at which its owner leaves.
"""

import hmac
import re
import time
from base64 import urlsafe_b64encode

from shared.problems import Unauthorized

_PURPOSE = b"parley files: signed urls"
_FORM = re.compile(r"(\d{1,12})\.([0-9a-f-]{36})\.([A-Za-z0-9_-]{43})", re.ASCII)


class UrlSigner:
    """Makes and checks tokens, with a key made from a secret that the service has anyway."""

    def __init__(self, secret: str, seconds: int) -> None:
        self._key = hmac.digest(secret.encode(), _PURPOSE, "sha256")
        self._seconds = seconds

    def sign(self, file_id: str, user_id: str) -> str:
        """A token by which this person fetches this file for a while."""
        expires = int(time.time()) + self._seconds
        return f"{expires}.{user_id}.{self._signature(file_id, user_id, expires)}"

    def user_of(self, token: str, file_id: str) -> str:
        """Who asks. Raises Unauthorized unless we made the token for this file, and its time is not over."""
        form = _FORM.fullmatch(token)
        if form is None:
            raise _refusal()
        expires, user_id = int(form[1]), form[2]
        if not hmac.compare_digest(self._signature(file_id, user_id, expires), form[3]):
            raise _refusal()
        if not time.time() < expires <= time.time() + self._seconds:
            raise _refusal()
        return user_id

    def _signature(self, file_id: str, user_id: str, expires: int) -> str:
        digest = hmac.digest(self._key, f"{file_id} {user_id} {expires}".encode(), "sha256")
        return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _refusal() -> Unauthorized:
    return Unauthorized(detail="The link is not valid, or not any more. Ask for the file anew.")
