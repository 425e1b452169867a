"""How a program of the local run gets its secrets: in files of its own, because an environment is shown by `/proc`, by
crash reports and by whoever prints it. What came by our environment goes on by it, and is not written down."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from deploy.local.folder import CannotStart, Folder


def hand_over(folder: Folder, program: str, secrets: Mapping[str, str], told: Collection[str]) -> dict[str, str]:
    """The environment that says where the program's secrets are; `told` are the names that we were told ourselves."""
    place = folder.inside("secrets", program)
    try:
        for old in place.iterdir():
            old.unlink()
        for name, secret in secrets.items():
            if name not in told:
                _write(place / name.lower(), secret)
    except OSError as error:
        raise CannotStart(f"Can't write to {place} ({error.strerror}).") from None
    return {"SECRETS_DIR": str(place), **{name: secret for name, secret in secrets.items() if name in told}}


def _write(path: Path, secret: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret)
