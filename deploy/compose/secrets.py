"""`python -m deploy.compose.secrets [FOLDER]`: makes what is missing in secrets/, and writes anew what is made from it.

Nothing that is there is changed, so it can be run again after every update. The folder is for its owner alone; a file
in it is for whoever gets to it, because Compose hands it to a container as it is, and there its reader is another user
(docs/decisions/0035). Only the standard library is needed.
"""

import json
import os
import secrets
import sys
from pathlib import Path

from deploy.nats.config import server_config
from deploy.nats.permissions import PRODUCERS, ROLES

_FOLDER = 0o700
_FILE = 0o644


def make(folder: Path) -> list[str]:
    """Complete the folder; the names of the secrets that were made."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(_FOLDER)
    made = [name for name, value in _random().items() if _keep(folder / name, value)]
    for name, text in _derived(folder).items():
        _write(folder / name, text)
    return made


def _random() -> dict[str, str]:
    return {
        "secret_key": secrets.token_hex(32),
        "admin_password": secrets.token_urlsafe(15),
        "postgres_password": secrets.token_hex(24),
        "redis_password": secrets.token_hex(24),
        "s3_access_key": secrets.token_hex(10),
        "s3_secret_key": secrets.token_hex(24),
        **{f"{name}_caller_secret": secrets.token_hex(32) for name in PRODUCERS},
        **{f"{name}_database_password": secrets.token_hex(24) for name in PRODUCERS},
        **{f"{name}_nats_password": secrets.token_hex(24) for name in ROLES},
    }


def _derived(folder: Path) -> dict[str, str]:
    """The files that are nothing but others put together."""

    def kept(name: str) -> str:
        return (folder / name).read_text().strip()

    passwords = {name: kept(f"{name}_nats_password") for name in ROLES}
    key = {"accessKey": kept("s3_access_key"), "secretKey": kept("s3_secret_key")}
    identity = {"name": "files", "credentials": [key], "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
    return {
        "nats.conf": server_config("0.0.0.0", 4222, Path("/data"), passwords, monitor="127.0.0.1:8222"),
        "redis.conf": f"requirepass {kept('redis_password')}\n",
        "seaweedfs.json": json.dumps({"identities": [identity]}, indent=2),
        **{
            f"{name}_database_url": f"postgresql://{name}:{kept(f'{name}_database_password')}@postgres:5432/{name}"
            for name in PRODUCERS
        },
    }


def _keep(path: Path, value: str) -> bool:
    """Write it unless there is something; whether it was written."""
    if path.exists() and path.stat().st_size:
        return False
    _write(path, value)
    return True


def _write(path: Path, text: str) -> None:
    """Whole or not at all. What is the same stays the same file, which containers may have open."""
    if path.exists() and path.read_text() == text:
        return
    partial = path.with_name(f".{path.name}.new")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(file.fileno(), _FILE)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


if __name__ == "__main__":
    where = Path(sys.argv[1] if len(sys.argv) > 1 else "secrets")
    new = make(where)
    print(f"{where}: {len(new)} new" if new else f"{where}: nothing is missing")
    if "admin_password" in new:
        print(f"the first admin's password is in {where / 'admin_password'}")
