"""The gateway's contract is made of the others'; what it hears of them is what they promised."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from nats.aio.client import Client
from nats.aio.msg import Msg

from services.gateway.app import create_app
from services.gateway.revocations import Revocations
from services.gateway.settings import SERVICES
from services.gateway.tests.world import served, settings_for
from shared.bus import Bus
from shared.clock import rfc3339, utc_now
from shared.ids import new_id
from shared.testing.contract.committed import SERVICES as FOLDER
from shared.testing.contract.committed import contract_of, events_of, generated_contract
from shared.testing.contract.instances import instances
from shared.testing.contract.readers import envelope_of
from shared.testing.nats import NatsServer

Handler = Callable[[Msg], Awaitable[None]]


def test_what_is_committed_is_what_the_code_says(tmp_path: Path) -> None:
    committed = contract_of(FOLDER / "gateway" / "contract")
    assert generated_contract("gateway", tmp_path) == committed, "make contracts"


async def test_it_hears_nothing_that_is_not_promised_and_all_that_is(
    nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str, Handler]] = []
    subscribe = Bus.subscribe

    async def subscribed(bus: Bus, subject: str, handler: Handler) -> Any:
        heard.append((subject, handler))
        return await subscribe(bus, subject, handler)

    monkeypatch.setattr(Bus, "subscribe", subscribed)
    async with served(create_app(settings_for(nats_server))):
        followed = [(subject, handler) for subject, handler in heard if subject.split(".")[0] in SERVICES]
        assert {subject for subject, _ in followed} >= {"auth.session.*.revoked", "auth.user.*.updated"}
        for subject, handler in followed:
            for message in messages(subject):
                await handler(message)


# An event that is told on the subject of the person whom it concerns.
_TOLD_TO_A_PERSON = {
    "user.report_resolved": "report.resolved",
    "user.message_approved": "message.approved",
    "user.message_rejected": "message.rejected",
}


def messages(subject: str) -> list[Msg]:
    """As the relay of the subject's owner sends them: a list of envelopes."""
    producer, thing, _, name = subject.split(".")
    type_ = _TOLD_TO_A_PERSON.get(f"{thing}.{name}", f"{thing}.{name}")
    assert type_ in events_of(producer), f"{subject} is heard, and {producer} has not committed to it"
    found: list[Msg] = []

    @settings(max_examples=20, deadline=None, database=None, derandomize=True)
    @given(instances(events_of(producer)[type_]))
    def collect(data: Any) -> None:
        at = subject.replace("*", data.get(f"{thing}_id", new_id()))
        envelope = {"id": 1, "epoch": new_id(), "producer": producer, "type": type_, "subject": at}
        sent = [envelope | {"at": rfc3339(utc_now()), "request_id": None, "data": data}]
        found.append(Msg(Client(), subject=at, data=orjson.dumps(sent)))

    collect()
    return found


@pytest.mark.parametrize("type_", sorted(events_of("auth")))
def test_revocations_read_only_what_auth_promised(type_: str) -> None:
    revocations = Revocations()

    @settings(max_examples=20, deadline=None, database=None, derandomize=True)
    @given(instances(events_of("auth")[type_]))
    def apply(data: Any) -> None:
        for change in revocations.apply(envelope_of("auth", type_, data)):
            assert change.subject_id in (data.get("session_id"), data.get("user_id"))

    apply()
