"""`python -m deploy.compatibility [release SERVICE ...]`: is what each service promises as good as what it released?

Without words it compares, says what breaks whom, and ends with 1 if something does. `release` makes the contracts of
these services the released ones; it refuses to when one breaks somebody and its version does not announce that.
"""

import sys
from collections.abc import Iterable, Iterator

from deploy.compatibility.messages import Break
from deploy.compatibility.released import Promise, breaks, current, may_break, release, released, version_of
from deploy.contracts import SERVICES
from deploy.nats.permissions import ROLES


def check(services: Iterable[str] = SERVICES) -> int:
    """Compare, and tell; the exit status."""
    status = 0
    for service in services:
        before, now = released(service), current(service)
        if before is None:
            continue
        found = breaks(service, before, now)
        announced = may_break(before.version, now.version)
        for line in told(service, before, found):
            print(f"{line} (announced by {now.version})" if announced else line)
        if found and not announced:
            print(f"{service} was released as {before.version} and must go on with it: {_ADVICE}")
            status = 1
    return status


def publish(services: Iterable[str]) -> int:
    """Make the contracts of these services the released ones, all or none; the exit status."""
    promises = {service: (released(service), current(service)) for service in services}
    if stopped := [line for service, pair in promises.items() for line in _obstacles(service, *pair)]:
        print(*stopped, sep="\n")
        return 1
    for service, (_, now) in promises.items():
        release(service)
        print(f"{service} {now.version} is what the next one is compared with")
    return 0


def told(service: str, before: Promise, found: Iterable[Break]) -> Iterator[str]:
    """A sentence for each break: which service, what, why, and whom it breaks."""
    for one in found:
        yield f"{service} {before.version}, {one.kind} {one.name}: {one.why}. That breaks {_whom(service, one)}."


def _whom(service: str, one: Break) -> str:
    if one.kind in ("route", "frame"):
        return "clients"
    if one.kind == "event":
        thing, _, happened = one.name.partition(".")
        hears = f"{service}.{thing}.*.{happened}"
        whom = [name for name, role in ROLES.items() if service in role.follows or _hears(role.hears, hears)]
    else:
        follows = one.name == "outbox"
        asked = f"{service}.{one.name}"
        whom = [name for name, role in ROLES.items() if asked in role.asks or (follows and service in role.follows)]
    return " and ".join(whom) or "nobody of ours"


def _hears(subjects: Iterable[str], subject: str) -> bool:
    parts = subject.split(".")
    return any(
        len(one) == len(parts) and all(a == b or "*" in (a, b) for a, b in zip(one, parts, strict=True))
        for one in (each.split(".") for each in subjects)
    )


def _obstacles(service: str, before: Promise | None, now: Promise) -> Iterator[str]:
    if before is None:
        return
    if version_of(now.version) <= version_of(before.version):
        yield f"{service} {before.version} is released; give services/{service}/pyproject.toml a version after it."
    found = breaks(service, before, now)
    if found and not may_break(before.version, now.version):
        yield from told(service, before, found)
        yield f"{service}: {now.version} does not announce that. {_ADVICE.capitalize()}"


_ADVICE = "add beside it and take away later, or announce it by the major number (below 1.0 the minor)."


def main(words: list[str]) -> int:
    """Do what the command line says; the exit status."""
    if not words:
        return check()
    command, *services = words
    if command != "release" or not services or set(services) - set(SERVICES):
        print(f"usage: python -m deploy.compatibility [release {'|'.join(SERVICES)} ...]")
        return 2
    return publish(services)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
