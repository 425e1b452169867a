"""The keys of this service: what signs access tokens, and what refresh tokens are derived with.

All come from SECRET_KEY, unless AUTH_KEY_FILE names the signing keys. In that file the first key signs and all are
published, so a new key is added behind the old one, and put first when everybody has had time to fetch it. Without a
file `rotate-keys` does that (keyring.py).
"""

import hashlib
import re
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import load_pem_private_key

_PEM = re.compile(rb"-----BEGIN PRIVATE KEY-----.+?-----END PRIVATE KEY-----", re.DOTALL)


class SigningKey:
    """An Ed25519 key with its name."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        x = urlsafe_b64encode(private.public_key().public_bytes_raw()).rstrip(b"=").decode()
        public = {"crv": "Ed25519", "kty": "OKP", "x": x}
        # The thumbprint of RFC 7638: the name follows from the key, so no two replicas disagree on it.
        thumbprint = hashlib.sha256(orjson.dumps(public, option=orjson.OPT_SORT_KEYS)).digest()
        self.private = private
        self.kid = urlsafe_b64encode(thumbprint).rstrip(b"=").decode()
        self.jwk = {**public, "kid": self.kid, "use": "sig", "alg": "EdDSA"}


def signing_keys(secret_key: str, key_file: Path | None) -> list[SigningKey]:
    """The key that signs, and then those that are only published."""
    if key_file is None:
        return [SigningKey(Ed25519PrivateKey.from_private_bytes(derive(secret_key, "access token signature")))]
    keys = []
    for pem in _PEM.findall(_contents(key_file)):
        private = load_pem_private_key(pem, None)
        if not isinstance(private, Ed25519PrivateKey):
            raise ValueError("AUTH_KEY_FILE has a key that is not Ed25519")
        keys.append(SigningKey(private))
    if not keys:
        raise ValueError("AUTH_KEY_FILE has no private key in PEM form (PKCS #8, not encrypted)")
    return keys


def _contents(key_file: Path) -> bytes:
    try:
        return key_file.read_bytes()
    except OSError as error:
        raise ValueError(f"AUTH_KEY_FILE cannot be read: {error.strerror}") from None


def derive(secret_key: str, purpose: str) -> bytes:
    """32 bytes for one purpose, which tell nothing about those for another."""
    return HKDF(SHA256(), 32, salt=None, info=f"parley auth: {purpose}".encode()).derive(secret_key.encode())


def key_set(keys: list[SigningKey]) -> dict[str, Any]:
    """The JSON Web Key Set that others check tokens with."""
    return {"keys": [key.jwk for key in keys]}


def new_signing_key() -> SigningKey:
    """A key that follows from nothing."""
    return SigningKey(Ed25519PrivateKey.generate())
