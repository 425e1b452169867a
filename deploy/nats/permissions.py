"""Who may say and hear what on NATS: one user per service, each with the least subjects it needs.

Facts of our own, as data; `grants` turns them into NATS subjects. Requests are `rpc.<service>.<method>`; a service
hears answers only under its own inbox prefix and answers only what it was asked (`allow_responses`).

The broker checks subjects, not what is in a message: who makes a stream or a consumer says in the request what it
takes and where it delivers. So neither can be changed or deleted by its user once it is there, and the services answer
nowhere but into inboxes (shared/remote.py). tests/security/ tries all of it on the real server.
"""

from dataclasses import dataclass

PRODUCERS = ("auth", "rooms", "messaging", "moderation", "files")


@dataclass(frozen=True)
class Role:
    """What one service does on the bus."""

    follows: tuple[str, ...] = ()  # producers whose events it keeps up with, by JetStream and by pulling
    asks: tuple[str, ...] = ()  # requests, as <service>.<method>
    hears: tuple[str, ...] = ()  # live subjects of others
    says: tuple[str, ...] = ()  # live subjects of its own, beside its events


ROLES: dict[str, Role] = {
    "auth": Role(
        follows=("files",),
        asks=("rooms.export", "messaging.export", "moderation.export", "files.export", "moderation.review"),
    ),
    "rooms": Role(follows=("auth", "moderation"), asks=("messaging.push", "auth.users", "moderation.review")),
    "messaging": Role(follows=("auth", "rooms", "moderation", "files"), asks=("moderation.review", "files.describe")),
    "moderation": Role(
        follows=("auth", "rooms", "messaging"),
        asks=("messaging.push", "messaging.snapshot", "messaging.held", "auth.users"),
        hears=("moderated.*",),
        says=("moderated.*",),
    ),
    "files": Role(follows=("auth", "rooms", "messaging"), asks=("moderation.review",)),
    "gateway": Role(
        asks=(
            "auth.users",
            "auth.jwks",
            "auth.tickets.redeem",
            "auth.tokens.recognise",
            "auth.outbox",
            "rooms.direct",
            "messaging.commands",
            "messaging.attach",
            "messaging.replay",
            "messaging.heads",
        ),
        hears=(
            "messaging.room.*.entries",
            "messaging.room.*.reads",
            "messaging.room.*.rewritten",
            "messaging.user.*.mentioned",
            "messaging.user.*.direct",
            "rooms.user.*.invited",
            "messaging.user.*.rejected",
            "moderation.user.*.report_resolved",
            "moderation.user.*.message_approved",
            "moderation.user.*.message_rejected",
            "presence.*",
            "typing.*",
            "auth.session.*.*",
            "auth.user.*.*",
        ),
        says=("presence.*", "typing.*"),
    ),
}


@dataclass(frozen=True)
class Grants:
    """The subjects one user may publish to and subscribe to."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def grants(service: str) -> Grants:
    """The permissions of a service's user."""
    role = ROLES[service]
    publish = [*role.says, *(f"rpc.{request}" for request in role.asks)]
    subscribe = [f"_INBOX_{service}.>", *role.hears]
    if service in PRODUCERS:
        publish += [f"{service}.>", *_stream(service)]
        subscribe += [f"rpc.{service}.>"]
    for producer in role.follows:
        publish += [f"rpc.{producer}.outbox", *_durable(producer.upper(), service)]
    return Grants(tuple(dict.fromkeys(publish)), tuple(dict.fromkeys(subscribe)))


def _stream(service: str) -> list[str]:
    """A producer makes its own stream and looks at it; nobody changes, empties or deletes one."""
    name = service.upper()
    return [f"$JS.API.STREAM.{verb}.{name}" for verb in ("CREATE", "INFO", "MSG.GET")]


def _durable(stream: str, service: str) -> list[str]:
    """A follower makes its own durable consumer on the stream, reads from it and confirms what it read."""
    return [
        f"$JS.API.CONSUMER.DURABLE.CREATE.{stream}.{service}",
        f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{service}",
        f"$JS.ACK.{stream}.{service}.>",
    ]
