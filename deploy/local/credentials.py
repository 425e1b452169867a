"""Secrets of a local run: made at its first start, kept in a file that only the owner can read."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
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
    """The credentials, and whether they were made just now."""
    try:
        return Credentials(**json.loads(path.read_text())), False
    except FileNotFoundError:
        made = _make()
        _write(path, json.dumps(asdict(made), indent=2))
        return made, True
    except (ValueError, TypeError):
        raise CannotStart(f"{path} is damaged; restore it, or delete it together with the data it protects.") from None
    except OSError as error:
        raise CannotStart(f"Can't read {path} ({error.strerror}).") from None


def _make() -> Credentials:
    return Credentials(
        secret_key=os.environ.get("SECRET_KEY") or secrets.token_hex(32),
        admin_username=os.environ.get("AUTH_ADMIN_USERNAME") or "admin",
        admin_password=os.environ.get("AUTH_ADMIN_PASSWORD") or secrets.token_urlsafe(15),
        caller_secrets={name: secrets.token_hex(32) for name in SERVICES},
        nats_passwords={name: secrets.token_hex(24) for name in (*SERVICES, "gateway")},
    )


def _write(path: Path, text: str) -> None:
    partial = path.with_suffix(".new")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
