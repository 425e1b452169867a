"""Every service's user on the real broker, against all that is not its business (RELIABILITY.md S150 to S157)."""

import re
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from deploy.nats.config import MAX_PAYLOAD, MAX_SUBSCRIPTIONS, server_config
from deploy.nats.permissions import PRODUCERS, ROLES, grants
from shared.bus import Bus
from shared.inbox.durable import Durable
from shared.outbox.store import Row as Event
from shared.outbox.stream import Stream
from shared.settings import ProcessSettings
from shared.testing.nats import NatsServer
from tests.security.nats_matrix import MUST_DENY, rows
from tests.security.nats_wire import Refused, Wire

_PASSWORDS = {service: f"the-password-of-{service}" for service in ROLES}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """A server with the configuration that deploy/ makes."""
    server = NatsServer()
    server.configure(server_config("127.0.0.1", server.port, tmp_path_factory.mktemp("jetstream"), _PASSWORDS))
    server.start()
    yield server
    server.close()


def as_user(broker: NatsServer, service: str) -> Wire:
    return Wire(broker.port, user=service, **{"pass": _PASSWORDS[service]})


def bus_of(broker: NatsServer, service: str) -> Bus:
    settings = {"nats_url": broker.url, "nats_user": service, "nats_password": _PASSWORDS[service]}
    return Bus(service, ProcessSettings.model_validate(settings))


@pytest.mark.parametrize("service", ROLES)
def test_the_whole_table(broker: NatsServer, service: str) -> None:
    wrong, checks = [], 0
    with as_user(broker, service) as wire:
        for row in rows():
            tries = [wire.refused_publishes(row.subjects)]
            if row.verb == "SUB":
                tries = [wire.refused_subscriptions(row.subjects, queue) for queue in ("", service, "workers")]
            expected = set() if service in row.who else set(row.subjects)
            wrong += [(row.title, refused ^ expected) for refused in tries if refused != expected]
            checks += len(tries) * len(row.subjects)
    assert wrong == []
    assert checks > 450


@pytest.mark.parametrize("service", ROLES)
def test_what_must_never_be_possible(broker: NatsServer, service: str) -> None:
    denied = {
        verb: [subject for each, subject, but in MUST_DENY if each == verb and service not in but]
        for verb in ("PUB", "SUB")
    }
    with as_user(broker, service) as wire:
        assert wire.refused_publishes(denied["PUB"]) == set(denied["PUB"])
        assert wire.refused_subscriptions(denied["SUB"]) == set(denied["SUB"])


@pytest.mark.parametrize("service", ROLES)
def test_nothing_is_granted_that_the_table_does_not_know(service: str) -> None:
    allowed = grants(service)
    for verb, patterns in (("PUB", allowed.publish), ("SUB", allowed.subscribe)):
        tried = [subject for row in rows() if row.verb == verb and service in row.who for subject in row.subjects]
        for pattern in patterns:
            assert any(_matches(pattern, subject) for subject in tried), pattern
    own = (f"{service}.>", f"rpc.{service}.>", f"_INBOX_{service}.>")
    acks = tuple(f"$JS.ACK.{producer.upper()}.{service}.>" for producer in ROLES[service].follows)
    assert {each for each in allowed.publish + allowed.subscribe if ">" in each} <= {*own, *acks}


@pytest.mark.parametrize(
    "credentials",
    [
        {},
        {"user": "rooms"},
        {"user": "rooms", "pass": ""},
        {"user": "rooms", "pass": "wrong"},
        {"user": "rooms", "pass": _PASSWORDS["auth"]},
        {"user": "auth", "pass": _PASSWORDS["gateway"]},
        {"user": "ROOMS", "pass": _PASSWORDS["rooms"]},
        {"user": "nobody", "pass": _PASSWORDS["rooms"]},
        {"user": "sys", "pass": ""},
        {"user": "", "pass": _PASSWORDS["rooms"]},
        {"auth_token": _PASSWORDS["rooms"]},
        {"pass": _PASSWORDS["rooms"]},
    ],
    ids=str,
)
def test_nobody_comes_in_by_other_means_than_their_own(broker: NatsServer, credentials: dict[str, str]) -> None:
    with pytest.raises(Refused, match="Authorization Violation"):
        Wire(broker.port, **credentials)


def test_a_forged_event_reaches_nobody(broker: NatsServer) -> None:
    with as_user(broker, "gateway") as gateway, as_user(broker, "auth") as auth:
        gateway.subscribe("auth.session.*.*")
        assert gateway.settled() == []
        for service in set(ROLES) - {"auth"}:
            with as_user(broker, service) as forger:
                forger.publish("auth.session.1.revoked", b"forged by " + service.encode())
                assert forger.refusals() == {"auth.session.1.revoked"}
        auth.publish("auth.session.1.revoked", b"genuine")
        auth.settled()
        assert gateway.settled() == [b"MSG auth.session.1.revoked 1 7\r\n", b"genuine\r\n"]


def test_a_request_reaches_only_the_one_it_is_for(broker: NatsServer) -> None:
    with as_user(broker, "gateway") as gateway, as_user(broker, "rooms") as rooms, as_user(broker, "files") as files:
        assert files.refused_subscriptions(["rpc.rooms.direct", "rpc.rooms.*"], queue="rooms")
        rooms.subscribe("rpc.rooms.direct", queue="rooms")
        assert rooms.settled() == []
        for number in range(20):
            gateway.publish("rpc.rooms.direct", b"?", reply=f"_INBOX_gateway.a.{number}")
        gateway.settled()
        assert sum(line.startswith(b"MSG ") for line in rooms.settled()) == 20
        assert files.settled() == []


def test_answers_go_once_to_who_asked(broker: NatsServer) -> None:
    inbox = "_INBOX_gateway.Ab3.1"
    with as_user(broker, "gateway") as gateway, as_user(broker, "rooms") as rooms:
        gateway.subscribe("_INBOX_gateway.>")
        rooms.subscribe("rpc.rooms.direct", queue="rooms")
        rooms.settled()
        assert rooms.refused_publishes([inbox]) == {inbox}
        gateway.publish("rpc.rooms.direct", b"?", reply=inbox)
        gateway.settled()
        assert len(rooms.settled()) == 2
        rooms.publish(inbox, b"answer")
        assert rooms.refusals() == set()
        rooms.publish(inbox, b"again!")
        assert rooms.refusals() == {inbox}
        assert [line for line in gateway.settled() if not line.startswith(b"MSG ")] == [b"answer\r\n"]


async def test_what_is_allowed_is_enough_to_tell_and_to_follow(broker: NatsServer) -> None:
    for producer in PRODUCERS:
        teller = bus_of(broker, producer)
        async with teller.connected():
            stream = Stream(producer, teller)
            before = await stream.remembered()
            body = orjson.dumps({"id": 1, "epoch": "e", "producer": producer})
            sent = await stream.publish([Event(1, f"{producer}.thing.1.changed", body)], "e")
            assert await sent.confirmed() == (1, before.stream_seq + 1)
            assert (await stream.remembered()).last_id == 1
            for follower in [service for service, role in ROLES.items() if producer in role.follows]:
                await _follows(broker, follower, producer, body)
            _nobody_else_touches(broker, producer)
            assert (await stream.remembered()).last_id == 1


async def _follows(broker: NatsServer, follower: str, producer: str, body: bytes) -> None:
    bus = bus_of(broker, follower)
    async with bus.connected():
        durable = Durable(follower, producer, bus)
        async with durable.bound():
            [message] = await durable.batch(5.0)
            assert message.data == b"[" + body + b"]"
            await durable.acknowledge([message])
            await bus.ping()


def _nobody_else_touches(broker: NatsServer, producer: str) -> None:
    stream = producer.upper()
    for service in ROLES:
        calls = [f"$JS.API.STREAM.{verb}.{stream}" for verb in ("DELETE", "PURGE", "UPDATE", "MSG.DELETE")]
        calls += [f"$JS.API.CONSUMER.DELETE.{stream}.{each}" for each in ROLES]
        with as_user(broker, service) as wire:
            assert wire.refused_publishes(calls) == set(calls)


def test_too_much_at_once_is_refused(broker: NatsServer) -> None:
    with as_user(broker, "rooms") as wire, pytest.raises(Refused, match="Maximum Payload Violation"):
        wire.send(f"PUB rooms.room.1.changed {MAX_PAYLOAD + 1}\r\n".encode())
        wire.settled()
    with as_user(broker, "rooms") as wire, pytest.raises(Refused, match="maximum control line"):
        wire.send(b"SUB _INBOX_rooms." + b"a" * 5_000 + b" 1\r\n")
        wire.settled()
    with as_user(broker, "gateway") as wire:
        wire.send(b"".join(b"SUB _INBOX_gateway.%d %d\r\n" % (each, each) for each in range(MAX_SUBSCRIPTIONS + 1)))
        assert any(b"maximum subscriptions exceeded" in line.lower() for line in wire.settled())


def test_there_is_one_door_and_it_is_the_one_that_asks_who_comes(broker: NatsServer) -> None:
    assert _listening(broker.pid) == {broker.port}
    config = server_config("127.0.0.1", 4222, Path("store"), _PASSWORDS)
    assert not re.search(
        r"http|monitor|no_auth_user|websocket|mqtt|leafnodes|gateway \{|cluster|system_account", config
    )


def _listening(pid: int) -> set[int]:
    links = [entry.readlink().name for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.is_symlink()]
    inodes = {link.removeprefix("socket:[").rstrip("]") for link in links if link.startswith("socket:")}
    ports = set()
    for table_ in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table_}").read_text().splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            if state == "0A" and rest[5] in inodes:
                ports.add(int(local.rpartition(":")[2], 16))
    return ports


def _matches(pattern: str, subject: str) -> bool:
    if pattern == subject:
        return True
    regex = re.escape(pattern).replace(r"\*", "[^.]+").replace(r"\.>", r"\..+").replace(">", ".+")
    return re.fullmatch(regex, subject) is not None
