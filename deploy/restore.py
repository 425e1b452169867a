"""`python -m deploy.restore BACKUP`: puts a backup where the next start will find it, and begins a new epoch.

Nothing may run there. A place that holds something is refused, unless `--replace` says to move that aside, into
`before-restore-<time>` beside it; a PostgreSQL database has to be empty in any case. With the new epochs clients and
services know that the history they go on with is another one (docs/decisions/0021).
"""

import argparse
import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import inspect

from deploy.backup.copies import load_postgresql
from deploy.backup.manifest import Manifest
from deploy.backup.state import begin_epoch, bring_up_to_date, follow_on, opened, state_of
from deploy.local.credentials import SERVICES
from deploy.local.folder import CannotStart, Folder
from deploy.places import Places, Refused
from shared import logs
from shared.migrations import known

_OURS = (*SERVICES, "nats", "secrets.json")


def restore(backup: Path, places: Places, *, replace: bool) -> Manifest:
    """Check everything first, then put it there; Refused says what is in the way."""
    manifest = Manifest.read(backup)
    _check_releases(manifest)
    manifest.check(backup)
    _check_kinds(manifest, places)
    folder = Folder(places.folder)
    folder.take()
    try:
        _make_room(places, manifest, replace=replace)
        for name, part in manifest.services.items():
            _place_database(name, backup / part.file, folder, places)
            bring_up_to_date(name, places.databases[name])
        _place_rest(backup, folder, places)
    except OSError as error:
        raise Refused(f"Can't write {error.filename or places.folder} ({error.strerror}).") from None
    _begin_epochs(places)
    return manifest


def _check_releases(manifest: Manifest) -> None:
    if manifest.services.keys() != set(SERVICES):
        raise Refused("The backup does not have the databases of all services.")
    for name, part in manifest.services.items():
        if part.revision not in known(f"services.{name}:migrations"):
            raise Refused(
                f"The backup's database of {name} is at migration {part.revision}, which this release does not know; "
                "restore it with the release that wrote it, or a newer one."
            )


def _check_kinds(manifest: Manifest, places: Places) -> None:
    for name, part in manifest.services.items():
        here = "sqlite" if places.sqlite_file(name) else "postgresql"
        if part.kind != here:
            raise Refused(
                f"The backup's database of {name} is {part.kind}, and {name.upper()}_DATABASE_URL names {here}; "
                "restore to the same kind, and move to PostgreSQL with deploy.migrate after it."
            )


def _make_room(places: Places, manifest: Manifest, *, replace: bool) -> None:
    for name in manifest.services:
        if not places.sqlite_file(name):
            with opened(places.databases[name]) as connection:
                if inspect(connection).get_table_names():
                    raise Refused(f"The PostgreSQL database of {name} is not empty; make a new one and name that.")
    present = [places.folder / name for name in _OURS if (places.folder / name).exists()]
    outside = [file for name in SERVICES if (file := places.sqlite_file(name)) and file.exists()]
    outside = [file for file in outside if places.folder not in file.parents]
    if (present or outside) and not replace:
        raise Refused(f"{(present or outside)[0]} is there already; with --replace it is moved aside.")
    aside = f"before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    for path in [*present, *outside]:
        kept = path.parent / aside
        kept.mkdir(mode=0o700, exist_ok=True)
        for each in [path, Path(f"{path}-wal"), Path(f"{path}-shm")]:
            if each.exists():
                each.rename(kept / each.name)


def _place_database(name: str, source: Path, folder: Folder, places: Places) -> None:
    target = places.sqlite_file(name)
    if target is None:
        load_postgresql(source, places.databases[name])
        return
    if folder.path in target.parents:
        folder.inside(name)
    else:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy(source, target)
    target.chmod(0o600)
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _place_rest(backup: Path, folder: Folder, places: Places) -> None:
    if (backup / "secrets.json").exists():
        shutil.copy(backup / "secrets.json", places.secrets)
        places.secrets.chmod(0o600)
    if (backup / "contents").is_dir():
        folder.inside("files", "blobs")
        shutil.copytree(backup / "contents", places.contents / "blobs")


def _begin_epochs(places: Places) -> None:
    before = {name: state_of(places.databases[name]) for name in SERVICES}
    after = {name: begin_epoch(name, places.databases[name]) for name in SERVICES if before[name].epoch}
    for name in SERVICES:
        follow_on(places.databases[name], before, after)


def main(arguments: list[str]) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m deploy.restore", description="Restore a backup; nothing may run.")
    parser.add_argument("backup", type=Path)
    parser.add_argument("--replace", action="store_true", help="move aside what is there")
    told = parser.parse_args(arguments)
    logs.configure("restore", "console", "warning")  # of what Alembic does: nothing, unless it fails
    places = Places.told()
    try:
        manifest = restore(told.backup.resolve(), places, replace=told.replace)
    except (Refused, CannotStart) as problem:
        print(f"restore: {problem}", file=sys.stderr)
        return 1
    print(f"{places.folder} is as it was at {manifest.began}. A new epoch begins: every client starts from the head.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
