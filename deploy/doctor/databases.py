"""The databases: reachable, sound, at this release's migrations, their clocks like ours; and messaging's epoch."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, inspect, select, text

from deploy.backup.state import opened, state_of
from deploy.doctor.patient import Finding, Patient
from deploy.local.credentials import SERVICES
from deploy.places import Refused
from shared.migrations import heads

_MOST_SKEW = 2.0


def migrations(patient: Patient) -> Iterator[Finding]:
    """Each database can be read, and is what this release expects."""
    for name in SERVICES:
        yield Finding(f"database of {name}", *_migrated(patient, name))


def dead_letters(patient: Patient) -> Iterator[Finding]:
    """Events that a service put aside because it could not apply them."""
    for name in SERVICES:
        try:
            count = _count(patient, name)
        except Refused:  # `migrations` says why
            continue
        advice = f"Look at table dead_letter of {name}: `error` says why, `envelope` what; docs/operations.md goes on."
        yield Finding(f"dead letters of {name}", str(count), advice if count else "")


def epoch(patient: Patient) -> Iterator[Finding]:
    """Which history clients are shown."""
    try:
        state = state_of(_url(patient, "messaging"))
    except Refused:
        return
    advice = "Run `python -m services.messaging migrate`." if not state.epoch else ""
    yield Finding("epoch", f"{state.epoch or 'none'}, {state.last} entries", advice)


def clocks(patient: Patient) -> Iterator[Finding]:
    """Of PostgreSQL servers; SQLite has ours."""
    for name in SERVICES:
        if patient.places.sqlite_file(name):
            continue
        try:
            with opened(_url(patient, name)) as connection:
                theirs: datetime = connection.execute(select(func.now())).scalar_one()
        except Refused:
            continue
        skew = abs((datetime.now(UTC) - theirs).total_seconds())
        advice = "Let both machines follow the same time server (NTP): expiries and schedules go by these clocks."
        yield Finding(f"clock of {name}'s database", f"{skew:.1f} s apart", advice if skew > _MOST_SKEW else "")


def _migrated(patient: Patient, name: str) -> tuple[str, str]:
    file = patient.places.sqlite_file(name)
    if file is not None and not file.is_file():
        return f"there is none at {file}", f"Start once, or set {name.upper()}_DATABASE_URL or VAR_DIR."
    try:
        revision = state_of(_url(patient, name)).revision
    except Refused as problem:
        return str(problem), "Start the database; if it was damaged, restore a backup (docs/operations.md)."
    newest = heads(f"services.{name}:migrations")
    if revision not in newest:
        advice = f"`python -m services.{name} migrate` brings it to {', '.join(sorted(newest))}; "
        return f"at migration {revision}", advice + "if it is ahead of that, this release is too old for it."
    return f"at migration {revision}", ""


def _count(patient: Patient, name: str) -> int:
    with opened(_url(patient, name)) as connection:
        if not inspect(connection).has_table("dead_letter"):
            return 0
        count: Any = connection.execute(text("SELECT count(*) FROM dead_letter")).scalar_one()
        return int(count)


def _url(patient: Patient, name: str) -> str:
    file = patient.places.sqlite_file(name)
    if file is not None and not file.is_file():  # connecting would make it
        raise Refused(f"There is no database at {file}.")
    return patient.places.databases[name]
