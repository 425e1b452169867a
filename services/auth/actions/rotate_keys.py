"""Put another key in the place of the one that signs access tokens, so that nobody notices."""

from datetime import datetime, timedelta

from services.auth.store import signing_keys
from services.auth.store.signing_keys import KeyRow
from services.auth.tokens import ACCESS_LIFETIME
from shared.database import WriteSession
from shared.problems import Conflict

LEAD = timedelta(minutes=2)
"""How long a key is published before it signs: longer than anybody keeps the keys without asking again."""
LAG = timedelta(minutes=1)
"""How much longer than its last token a key is published: clocks differ."""


def rotate_keys(tx: WriteSession, kid: str, sealed: str, first_kid: str) -> tuple[datetime, datetime]:
    """When the new key will sign, and when the old ones will be dropped: when the last token they signed has ended."""
    known = signing_keys.every(tx)
    if any(key.signs_from > tx.now for key in known):
        raise Conflict("rotation_under_way", "The newest key does not sign yet; wait until it does.")
    signs_from = tx.now + LEAD
    dropped_at = signs_from + ACCESS_LIFETIME + LAG
    if all(key.kid != first_kid for key in known):
        signing_keys.add(tx, KeyRow(first_kid, tx.now, tx.now, None, None))
    signing_keys.end(tx, dropped_at)
    signing_keys.add(tx, KeyRow(kid, tx.now, signs_from, None, sealed))
    return signs_from, dropped_at
