"""Which keys sign and check access tokens now.

The first key comes from SECRET_KEY; `rotate-keys` adds others to the database, sealed with a key from SECRET_KEY. With
AUTH_KEY_FILE the file is all there is. Every process looks into the table now and then; since a key is published well
before it signs (actions/rotate_keys.py), none is ever met that somebody does not know.
"""

import asyncio
import os
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.auth.keys import SigningKey, key_set
from services.auth.store import signing_keys
from services.auth.store.signing_keys import KeyRow
from shared.clock import utc_now
from shared.database import Database
from shared.problems import Problem
from shared.tasks import ended

_log = structlog.get_logger(__name__)
_PAUSE = 5.0
_NONCE_BYTES = 12
_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Kept:
    key: SigningKey
    signs_from: datetime
    expires_at: datetime | None


class KeySeal:
    """Private keys as they stand in the database."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(secret)

    def close(self, key: SigningKey) -> str:
        """Text that tells nothing of the key, and opens only under its name."""
        nonce = os.urandom(_NONCE_BYTES)
        return b64encode(
            nonce + self._cipher.encrypt(nonce, key.private.private_bytes_raw(), key.kid.encode())
        ).decode()

    def open(self, sealed: str, kid: str) -> SigningKey | None:
        """The key; None when it was sealed with another SECRET_KEY."""
        text = b64decode(sealed)
        try:
            raw = self._cipher.decrypt(text[:_NONCE_BYTES], text[_NONCE_BYTES:], kid.encode())
        except InvalidTag:
            return None
        return SigningKey(Ed25519PrivateKey.from_private_bytes(raw))


class Keyring:
    """The keys of now; a Part by `running`."""

    def __init__(self, first: list[SigningKey], seal: KeySeal, db: Database | None) -> None:
        """`first` are the keys of before any rotation, the signing one at the head; without `db` they are all."""
        self._first = first
        self._seal = seal
        self._db = db
        self._kept = [_Kept(key, _EVER, None) for key in first]
        self._seen: list[KeyRow] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keeps up with the table."""
        if self._db is None:
            yield
            return
        await self._look(self._db)
        task = asyncio.create_task(self._keep_up(self._db), name="signing keys")
        try:
            yield
        finally:
            await ended(task)

    def signing(self, now: datetime) -> SigningKey:
        """The newest one that everybody has had time to fetch."""
        usable = [each for each in self._published(now) if each.signs_from <= now]
        # The first of equals: the head of AUTH_KEY_FILE.
        return max(usable, key=lambda each: each.signs_from).key if usable else self._first[0]

    def key_set(self, now: datetime | None = None) -> dict[str, Any]:
        """The JSON Web Key Set that others check tokens with."""
        return key_set([each.key for each in self._published(now or utc_now())])

    async def _keep_up(self, db: Database) -> None:
        while True:
            await asyncio.sleep(_PAUSE)
            await self._look(db)

    async def _look(self, db: Database) -> None:
        try:
            rows = await db.read(signing_keys.every)
        except Problem as away:
            _log.warning("signing keys not looked up", reason=away.detail)
            return
        if rows != self._seen:
            self._take(rows)

    def _take(self, rows: list[KeyRow]) -> None:
        ends = {row.kid: row.expires_at for row in rows}
        kept = [_Kept(key, _EVER, ends.get(key.kid)) for key in self._first]
        for row in rows:
            key = self._seal.open(row.sealed, row.kid) if row.sealed else None
            if key is not None:
                kept.append(_Kept(key, row.signs_from, row.expires_at))
            elif row.sealed:
                _log.error("a signing key was sealed with another SECRET_KEY and is left out", kid=row.kid)
        self._kept, self._seen = kept, rows

    def _published(self, now: datetime) -> list[_Kept]:
        return [each for each in self._kept if each.expires_at is None or each.expires_at > now]
