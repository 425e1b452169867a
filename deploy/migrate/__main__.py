"""`AUTH_DATABASE_URL=postgresql://... (and so on for each service) python -m deploy.migrate`: SQLite to PostgreSQL.

Stop Parley first. The SQLite databases in VAR_DIR are read and left as they are; each PostgreSQL database has to be
empty, is brought to the same migration and gets everything in one transaction. Afterwards every table is counted and
compared, and a start with the same environment goes on where the old one ended: same numbers, same epoch.
"""

import argparse
import importlib
import sys
from collections.abc import Mapping

from sqlalchemy import MetaData, inspect, make_url, text

from deploy.backup.state import bring_up_to_date, opened, state_of
from deploy.local.credentials import SERVICES
from deploy.local.folder import CannotStart, Folder
from deploy.migrate.rows import copy, require_equal, unknown_tables
from deploy.places import Places, Refused, own_sqlite
from shared import logs


def move(places: Places, services: Mapping[str, str]) -> Mapping[str, int]:
    """Move these services' databases to these URLs; how many rows each had."""
    folder = Folder(places.folder)
    if not folder.path.is_dir():
        raise Refused(f"There is no data folder at {folder.path}; set VAR_DIR.")
    folder.take()
    sources = {name: f"sqlite:///{own_sqlite(folder.path, name)}" for name in services}
    for name, target in services.items():
        _require_source(name, places)
        _require_empty(name, target)
    for name, target in services.items():
        _require_same_release(name, sources[name], target)
    return {name: _move_one(name, sources[name], target) for name, target in services.items()}


def _require_source(name: str, places: Places) -> None:
    if not own_sqlite(places.folder, name).is_file():
        raise Refused(f"{name} has no SQLite database in {places.folder}.")


def _require_empty(name: str, target: str) -> None:
    with opened(target) as connection:
        tables = inspect(connection).get_table_names()
    if tables:
        raise Refused(f"The PostgreSQL database of {name} is not empty (it has {tables[0]}); make a new one.")


def _require_same_release(name: str, source: str, target: str) -> None:
    """Both at this release's migration: an older SQLite database is brought up to date first, as a start would."""
    bring_up_to_date(name, source)
    bring_up_to_date(name, target)
    here, there = state_of(source).revision, _revision(target)
    if here != there:
        raise Refused(f"The database of {name} is at migration {here}, and this release makes {there}.")


def _revision(url: str) -> str:
    with opened(url) as connection:
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def _move_one(name: str, source: str, target: str) -> int:
    metadata: MetaData = importlib.import_module(f"services.{name}.models").metadata
    with opened(source) as here, opened(target) as there:
        if strange := unknown_tables(here, metadata):
            raise Refused(f"The database of {name} has a table that this release does not know: {min(strange)}.")
        for table in metadata.sorted_tables:
            copy(here, there, table)
        rows = sum(require_equal(here, there, table).rows for table in metadata.sorted_tables)
    with opened(target) as there:
        there.execute(text("ANALYZE"))
    return rows


def _targets(places: Places) -> dict[str, str]:
    named = {name: url for name, url in places.databases.items() if make_url(url).get_backend_name() == "postgresql"}
    if not named:
        raise Refused("Say where to: AUTH_DATABASE_URL=postgresql://user:password@host/name, and so on.")
    return {name: named[name] for name in SERVICES if name in named}


def main(arguments: list[str]) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m deploy.migrate", description=(__doc__ or "").partition("\n\n")[2])
    parser.parse_args(arguments)
    logs.configure("migrate", "console", "warning")  # of what Alembic does: nothing, unless it fails
    places = Places.told()
    try:
        moved = move(places, _targets(places))
    except (Refused, CannotStart) as problem:
        print(f"migrate: {problem}", file=sys.stderr)
        return 1
    for name, rows in moved.items():
        print(f"{name}: {rows} rows copied and compared")
    stays = [name for name in SERVICES if name not in moved]
    if stays:
        print(f"still on SQLite: {', '.join(stays)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
