"""Secrets of a local run: made at its first start, kept in a file that only the owner can read."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from deploy.local.folder import CannotStart

SERVICES = ("auth", "rooms", "messaging", "moderation", "files")


@dataclass(frozen=True)
class Credentials:
    """Everything that has to be kept secret and the same from one start to the next."""

    secret_key: str
    admin_username: str
    admin_password: str
    caller_secrets: dict[str, str]
    nats_passwords: dict[str, str]


def load_or_make(path: Path) -> tuple[Credentials, bool]:
    """The credentials, and whether they were made just now.

    What the environment says goes before what is kept, and is never written down.
    """
    try:
        kept, first = _read(path.read_text()), False
    except FileNotFoundError:
        kept, first = _make(), True
        _write(path, json.dumps(asdict(kept), indent=2))
    except (ValueError, TypeError, AttributeError):
        raise CannotStart(f"{path} is damaged; restore it, or delete it together with the data it protects.") from None
    except OSError as error:
        raise CannotStart(f"Can't read {path} ({error.strerror}).") from None
    return _as_told(kept), first


def _read(text: str) -> Credentials:
    kept = Credentials(**json.loads(text))
    if not (set(SERVICES) <= kept.caller_secrets.keys() and {*SERVICES, "gateway"} <= kept.nats_passwords.keys()):
        raise ValueError("a service is missing")
    return kept


def _as_told(kept: Credentials) -> Credentials:
    return replace(
        kept,
        secret_key=os.environ.get("SECRET_KEY") or kept.secret_key,
        admin_username=os.environ.get("AUTH_ADMIN_USERNAME") or kept.admin_username,
        admin_password=os.environ.get("AUTH_ADMIN_PASSWORD") or kept.admin_password,
    )


def _make() -> Credentials:
    return Credentials(
        secret_key=secrets.token_hex(32),
        admin_username="admin",
        admin_password=secrets.token_urlsafe(15),
        caller_secrets={name: secrets.token_hex(32) for name in SERVICES},
        nats_passwords={name: secrets.token_hex(24) for name in (*SERVICES, "gateway")},
    )


def _write(path: Path, text: str) -> None:
    partial = path.with_suffix(".new")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise CannotStart(f"Can't write {path} ({error.strerror}).") from None
