"""The machine: Python, open files, the data folder, its disk, and who may read the secrets."""

import json
import os
import resource
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from deploy.doctor.patient import Finding, Patient

_OLDEST, _NEWEST = (3, 11), (3, 13)
_FEWEST_FILES = 4_096
_LEAST_FREE = 1024**3


def python(_: Patient) -> Iterator[Finding]:
    """A version that this release is tested with."""
    says = ".".join(map(str, sys.version_info[:3]))
    fits = _OLDEST <= sys.version_info[:2] <= _NEWEST
    yield Finding("python", says, "" if fits else "Make the environment anew with Python 3.11, 3.12 or 3.13.")


def open_files(_: Patient) -> Iterator[Finding]:
    """Each socket is one; the services raise their limit to the hard one by themselves."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    many = hard == resource.RLIM_INFINITY
    advice = f"A gateway serves fewer sockets than that; raise the hard limit (ulimit -Hn) to {_FEWEST_FILES} or more."
    yield Finding("open files", "no limit" if many else str(hard), "" if many or hard >= _FEWEST_FILES else advice)


def data_folder(patient: Patient) -> Iterator[Finding]:
    """Ours, closed to others, writable, with space left."""
    folder = patient.places.folder
    try:
        status = folder.stat()
    except OSError as error:
        yield Finding("data folder", f"{folder}: {error.strerror}", "Set VAR_DIR to the folder of the run.")
        return
    yield Finding("data folder", *_access(folder, status))
    free = shutil.disk_usage(folder).free
    advice = "Make space: compact the databases, move old backups away, or give it a bigger disk."
    yield Finding("disk space", f"{free / 1024**3:.1f} GB free", "" if free >= _LEAST_FREE else advice)


def secrets(patient: Patient) -> Iterator[Finding]:
    """There, whole, and for the owner only."""
    path = patient.places.secrets
    try:
        mode = path.stat().st_mode & 0o777
        json.loads(path.read_text())
    except FileNotFoundError:
        yield Finding("secrets", "none here: they come from the environment, or the first start makes them")
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else "not JSON"
        yield Finding("secrets", f"{path}: {said}", "Restore it from a backup; without it nobody can log in.")
    else:
        yield Finding("secrets", f"mode {mode:03o}", f"Others can read it: chmod 600 {path}" if mode & 0o077 else "")


def _access(folder: Path, status: os.stat_result) -> tuple[str, str]:
    if status.st_uid != os.geteuid():
        return f"{folder} belongs to user {status.st_uid}", f"Run as that user, or chown -R {os.geteuid()} {folder}"
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return f"{folder} can't be used", f"chmod 700 {folder}"
    if status.st_mode & 0o077:
        return f"{folder} is open to others", f"chmod 700 {folder}"
    return str(folder), ""
