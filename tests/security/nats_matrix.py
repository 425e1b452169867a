"""Who may do what on the broker, as a table: made from the roles, and not from the subjects that permissions.py grants.

`python -m tests.security.nats_matrix` prints it. A row names what is done, by which subjects it is tried, and who may;
everybody else must be refused. MUST_DENY is written by hand, so that a mistake in the roles is noticed as well.
"""

import sys
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Literal

from deploy.nats.permissions import PRODUCERS, ROLES

Verb = Literal["PUB", "SUB"]
NOBODY: Set[str] = frozenset()
_OTHER_STREAM_VERBS = (
    "UPDATE",
    "DELETE",
    "PURGE",
    "MSG.DELETE",
    "SNAPSHOT",
    "RESTORE",
    "LEADER.STEPDOWN",
    "PEER.REMOVE",
)
_OTHER_CONSUMER_VERBS = ("CREATE", "INFO", "DELETE", "PAUSE", "RESET", "UNPIN", "LEADER.STEPDOWN")


@dataclass(frozen=True)
class Row:
    """`verb` on each of `subjects` is for `who` alone."""

    title: str
    verb: Verb
    subjects: tuple[str, ...]
    who: Set[str]


def rows() -> tuple[Row, ...]:
    """The whole table."""
    everything = [row for service in ROLES for row in _of_service(service)]
    everything += [row for producer in PRODUCERS for row in _of_stream(producer)]
    return (*everything, *_live(), *_of_nobody())


def _of_service(service: str) -> Iterator[Row]:
    itself = {service} & set(PRODUCERS)
    yield Row(f"tell events of {service}", "PUB", (f"{service}.user.1.changed", f"{service}.room.1.entries"), itself)
    # The server takes `>` for a token like any other here, so `a.*.*` lets `a.*.>` through: events have four tokens,
    # and nothing is told any deeper.
    taps = (f"{service}.>", f"{service}.*.*.*", f"{service}.user.>", f"{service}.*.1.>", f"{service}.user.1.some.more")
    yield Row(f"tap all events of {service}", "SUB", taps, NOBODY)
    served = (f"rpc.{service}.outbox", f"rpc.{service}.some.method", f"rpc.{service}.>")
    yield Row(f"serve requests to {service}", "SUB", served, itself)
    for method in sorted(_methods(service)):
        yield Row(f"ask {service}.{method}", "PUB", (f"rpc.{service}.{method}",), _askers(service, method))
    yield Row(f"ask {service} anything else", "PUB", (f"rpc.{service}.some.method", f"rpc.{service}"), NOBODY)
    inbox = (f"_INBOX_{service}.Ab3.1", f"_INBOX_{service}.>")
    yield Row(f"hear answers to {service}", "SUB", inbox, {service})
    yield Row(f"answer {service} unasked", "PUB", (f"_INBOX_{service}.Ab3.1",), NOBODY)


def _of_stream(producer: str) -> Iterator[Row]:
    stream = producer.upper()
    own = tuple(f"$JS.API.STREAM.{verb}.{stream}" for verb in ("CREATE", "INFO", "MSG.GET"))
    yield Row(f"make and read stream {stream}", "PUB", own, {producer})
    other = tuple(f"$JS.API.STREAM.{verb}.{stream}" for verb in _OTHER_STREAM_VERBS)
    direct = (f"$JS.API.DIRECT.GET.{stream}", f"$JS.API.DIRECT.GET.{stream}.{producer}.user.1.changed")
    yield Row(f"change, empty, copy stream {stream}", "PUB", (*other, *direct), NOBODY)
    for service in ROLES:
        name = f"{stream}.{service}"
        calls = (f"$JS.API.CONSUMER.DURABLE.CREATE.{name}", f"$JS.API.CONSUMER.MSG.NEXT.{name}")
        acks = (f"$JS.ACK.{name}.1.1.1.1.0", f"$JS.ACK._.hash.{name}.1.1.1.1.0.x")
        followers = {service} if producer in ROLES[service].follows else NOBODY
        yield Row(f"follow {producer} as {service}", "PUB", (*calls, acks[0]), followers)
        rest = tuple(f"$JS.API.CONSUMER.{verb}.{name}" for verb in _OTHER_CONSUMER_VERBS)
        filtered = f"$JS.API.CONSUMER.CREATE.{name}.{producer}.>"
        yield Row(f"change or delete {name}", "PUB", (*rest, filtered, acks[1]), NOBODY)
    loose = tuple(f"$JS.API.CONSUMER.{verb}.{stream}" for verb in ("CREATE", "NAMES", "LIST"))
    invented = tuple(f"$JS.API.CONSUMER.{verb}.{stream}.tap" for verb in ("CREATE", "DURABLE.CREATE", "MSG.NEXT"))
    yield Row(
        f"read {stream} by another consumer", "PUB", (*loose, *invented, f"$JS.ACK.{stream}.tap.1.1.1.1.0"), NOBODY
    )


def _live() -> Iterator[Row]:
    for pattern in sorted({pattern for role in ROLES.values() for pattern in role.hears}):
        concrete = pattern.replace("*", "1")
        hearers = {service for service, role in ROLES.items() if pattern in role.hears}
        yield Row(f"hear {pattern}", "SUB", (pattern, concrete), hearers)
        yield Row(f"hear more than {pattern}", "SUB", (f"{concrete}.more", f"{pattern}.>"), NOBODY)
    for pattern in sorted({pattern for role in ROLES.values() for pattern in role.says}):
        speakers = {service for service, role in ROLES.items() if pattern in role.says}
        yield Row(f"say {pattern}", "PUB", (pattern.replace("*", "1"),), speakers)
        yield Row(
            f"say more than {pattern}", "PUB", (pattern.replace("*", "1.more"), pattern.rpartition(".")[0]), NOBODY
        )


def _of_nobody() -> Iterator[Row]:
    taps = (">", "*", "*.>", "*.*", "*.*.*", "*.*.*.*", "rpc.>", "rpc.*.outbox", "*.room.>")
    yield Row("tap everything", "SUB", taps, NOBODY)
    inboxes = ("_INBOX.>", "_INBOX.Ab3.1", "_INBOX_*.>", "*.Ab3.1", "_R_.>", "_INBOX_nobody.>")
    yield Row("tap everybody's answers", "SUB", inboxes, NOBODY)
    system = ("$SYS.>", "$SYS.ACCOUNT.*.CONNECT", "$SYS.SERVER.*.STATSZ", "$JS.>", "$JS.API.>", "$JS.ACK.>", "$JS.FC.>")
    yield Row(
        "tap the server", "SUB", (*system, "$JS.EVENT.ADVISORY.>", "$JS.EVENT.METRIC.>", "$SRV.>", "$KV.>"), NOBODY
    )
    asked = ("PING", "PING.VARZ", "PING.CONNZ", "ACCOUNT.$G.CONNS", "USER.INFO")
    yield Row("ask the server", "PUB", tuple(f"$SYS.REQ.SERVER.{each}" for each in asked), NOBODY)
    api = ("INFO", "STREAM.NAMES", "STREAM.LIST", "STREAM.CREATE.TAP", "STREAM.INFO.TAP", "ACCOUNT.PURGE.$G")
    cluster = ("META.LEADER.STEPDOWN", "SERVER.REMOVE", "STREAM.TEMPLATE.NAMES", "ACCOUNT.STREAM.MOVE.$G.AUTH")
    yield Row("manage JetStream", "PUB", tuple(f"$JS.API.{each}" for each in (*api, *cluster)), NOBODY)
    stray = ("_INBOX.Ab3.1", "_INBOX_nobody.1", "_R_.1", "$KV.bucket.key", "$O.bucket.C.1", "$SRV.PING", "unheard.of")
    yield Row("say what nobody owns", "PUB", (*stray, "evt.user.1", "rpc", "auth", "$JS.ACK", "$JS.FC.AUTH"), NOBODY)


def _methods(service: str) -> set[str]:
    asked = {each for role in ROLES.values() for each in role.asks if each.startswith(f"{service}.")}
    return {each.partition(".")[2] for each in asked} | ({"outbox"} if service in PRODUCERS else set())


def _askers(service: str, method: str) -> Set[str]:
    follows = {name for name, role in ROLES.items() if service in role.follows} if method == "outbox" else set()
    return follows | {name for name, role in ROLES.items() if f"{service}.{method}" in role.asks}


# What must never be possible, whatever the roles say: subject, and who is meant to after all.
MUST_DENY: tuple[tuple[Verb, str, frozenset[str]], ...] = (
    ("PUB", "auth.session.1.revoked", frozenset({"auth"})),
    ("PUB", "auth.user.1.deleted", frozenset({"auth"})),
    ("PUB", "auth.user.1.role_changed", frozenset({"auth"})),
    ("PUB", "rooms.member.1.joined", frozenset({"rooms"})),
    ("PUB", "messaging.room.1.entries", frozenset({"messaging"})),
    ("PUB", "moderation.member.1.banned", frozenset({"moderation"})),
    ("PUB", "moderation.member.1.unbanned", frozenset({"moderation"})),
    ("PUB", "files.file.1.deleted", frozenset({"files"})),
    ("PUB", "files.avatar.1.updated", frozenset({"files"})),
    ("PUB", "rpc.messaging.commands", frozenset({"gateway"})),
    ("PUB", "rpc.messaging.push", frozenset({"rooms", "moderation"})),
    ("PUB", "rpc.messaging.replay", frozenset({"gateway"})),
    ("PUB", "rpc.auth.tickets.redeem", frozenset({"gateway"})),
    ("PUB", "rpc.rooms.direct", frozenset({"gateway"})),
    ("PUB", "rpc.moderation.review", frozenset({"messaging", "auth", "files", "rooms"})),
    ("PUB", "rpc.rooms.export", frozenset({"auth"})),
    ("PUB", "rpc.messaging.export", frozenset({"auth"})),
    ("PUB", "rpc.moderation.export", frozenset({"auth"})),
    ("PUB", "rpc.files.export", frozenset({"auth"})),
    ("PUB", "rpc.messaging.outbox", frozenset({"files", "moderation"})),
    ("PUB", "rpc.messaging.snapshot", frozenset({"moderation"})),
    ("PUB", "rpc.messaging.held", frozenset({"moderation"})),
    ("PUB", "moderation.user.1.message_approved", frozenset({"moderation"})),
    ("PUB", "presence.1", frozenset({"gateway"})),
    ("PUB", "typing.1", frozenset({"gateway"})),
    ("PUB", "$JS.API.STREAM.DELETE.AUTH", frozenset()),
    ("PUB", "$JS.API.STREAM.PURGE.MESSAGING", frozenset()),
    ("PUB", "$JS.API.STREAM.UPDATE.ROOMS", frozenset()),
    ("PUB", "$JS.API.STREAM.MSG.DELETE.MODERATION", frozenset()),
    ("PUB", "$JS.API.CONSUMER.DELETE.MODERATION.rooms", frozenset()),
    ("PUB", "$JS.API.CONSUMER.MSG.NEXT.MODERATION.rooms", frozenset({"rooms"})),
    ("PUB", "$JS.ACK.MODERATION.rooms.1.1.1.1.0", frozenset({"rooms"})),
    ("PUB", "$JS.API.CONSUMER.MSG.NEXT.MESSAGING.moderation", frozenset({"moderation"})),
    ("SUB", "rpc.auth.tickets.redeem", frozenset({"auth"})),
    ("SUB", "rpc.auth.jwks", frozenset({"auth"})),
    ("SUB", "rpc.messaging.commands", frozenset({"messaging"})),
    ("SUB", "rpc.moderation.review", frozenset({"moderation"})),
    ("SUB", "auth.session.*.*", frozenset({"gateway"})),
    ("SUB", "messaging.room.*.entries", frozenset({"gateway"})),
    ("SUB", "messaging.>", frozenset()),
    ("SUB", "_INBOX_auth.>", frozenset({"auth"})),
    ("SUB", "_INBOX_gateway.>", frozenset({"gateway"})),
    ("SUB", "_INBOX_messaging.>", frozenset({"messaging"})),
    ("SUB", ">", frozenset()),
    ("SUB", "$SYS.>", frozenset()),
    ("PUB", "$SYS.REQ.SERVER.PING", frozenset()),
)  # fmt: skip


def table() -> str:
    """All rows with a column per service: `x` may, `.` may not."""
    width = max(len(row.title) for row in rows())
    lines = [" " * width + "  " + " ".join(f"{service:>10}" for service in ROLES)]
    for row in rows():
        cells = " ".join(f"{'x' if service in row.who else '.':>10}" for service in ROLES)
        lines.append(f"{row.title:<{width}}  {cells}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(f"{table()}\n")
