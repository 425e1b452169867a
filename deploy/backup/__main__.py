"""`python -m deploy.backup FOLDER`: a backup of everything, while it runs or not; FOLDER is made for it.

VAR_DIR and AUTH_DATABASE_URL, ROOMS_DATABASE_URL, ... say where things are, as for the local run. Ends with 1 and one
sentence when it can't; what was written until then is no backup and can be deleted.
"""

import argparse
import json
import os
import platform
import shutil
import sys
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from deploy.backup.copies import copy_sqlite, dump_postgresql
from deploy.backup.manifest import FORM, Manifest, Part, checksums
from deploy.backup.state import state_of
from deploy.places import Places, Refused

# Who follows others before whom it follows.
_ORDER = ("messaging", "moderation", "files", "rooms", "auth")


def back_up(places: Places, target: Path) -> Manifest:
    """Write a backup of these places into a new folder; it appears under its name when it is whole."""
    if target.exists():
        raise Refused(f"{target} exists already; name a new folder.")
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    began = datetime.now(UTC).isoformat(timespec="milliseconds")
    try:
        (partial / "databases").mkdir(mode=0o700, parents=True)
        partial.chmod(0o700)
        parts = {name: _copy(name, places, partial) for name in _ORDER}
        _copy_contents(places, partial)
        manifest = Manifest(FORM, began, platform.python_version(), parts, _in_s3(), checksums(partial))
        manifest.write(partial)
        _sync(partial)
        partial.rename(target)
    except OSError as error:
        raise Refused(f"Can't write {error.filename or partial} ({error.strerror}).") from None
    return manifest


def _copy(name: str, places: Places, folder: Path) -> Part:
    source = places.sqlite_file(name)
    kind, suffix = ("sqlite", "sqlite3") if source else ("postgresql", "dump")
    file = folder / "databases" / f"{name}.{suffix}"
    if source:
        copy_sqlite(source, file)
        state = state_of(f"sqlite:///{file}")
    else:  # asked before it is copied: the copy has at least this much
        state = state_of(places.databases[name])
        dump_postgresql(places.databases[name], file)
    return Part(kind, str(file.relative_to(folder)), _version(name), state.revision, state.epoch, state.last)


def _version(service: str) -> str:
    """As its contract says, without loading the service."""
    contract = json.loads((files(f"services.{service}") / "contract" / "openapi.json").read_text())
    return str(contract["info"]["version"])


def _copy_contents(places: Places, folder: Path) -> None:
    """After the database of files: every content that it knows of was there before it was known."""
    if places.secrets.exists():
        shutil.copy(places.secrets, folder / "secrets.json")
        (folder / "secrets.json").chmod(0o600)
    placed = places.contents / "blobs"
    if not placed.is_dir() or _in_s3():
        return
    for source in sorted(placed.rglob("*")):
        if source.is_file():
            target = folder / "contents" / source.relative_to(placed)
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                shutil.copy(source, target)
            except FileNotFoundError:  # deleted meanwhile
                target.unlink(missing_ok=True)


def _in_s3() -> bool:
    return bool(os.environ.get("FILES_S3_ENDPOINT"))


def _sync(folder: Path) -> None:
    """On the disk before it is called a backup."""
    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def main(arguments: list[str]) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.backup", description="Back up everything into a new folder."
    )
    parser.add_argument("folder", type=Path)
    try:
        target = parser.parse_args(arguments).folder.resolve()
        manifest = back_up(Places.told(), target)
    except Refused as problem:
        print(f"backup: {problem}", file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    print(f"{target}: {len(manifest.services)} databases, {len(manifest.sums)} files, {size / 1024**2:.1f} MB")
    if manifest.contents_in_s3:
        print("Contents of files are in S3 and not in here: that bucket needs versions or a copy of its own.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
