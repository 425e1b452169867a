"""Services of two releases at once: whoever asks understands every answer that the other release may give.

The next one's answers have fields that nobody knows yet, and nothing is read of them that is not promised; the answers
of the release before have no new ones. Followers of events are tried likewise by their services' contract tests.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from deploy.nats.permissions import ROLES
from services.auth.export import Exporter
from services.auth.review import Reviewer as NameReviewer
from services.auth.schemas import ProfileChanges
from services.files.review import NameReview as FileNameReview
from services.gateway.auth_log import AuthLog
from services.gateway.realtime.attach import Attach
from services.gateway.realtime.lanes import Pending, _Answers
from services.gateway.realtime.people import People
from services.gateway.realtime.rooms import LiveRooms
from services.gateway.realtime.span import split
from services.gateway.sessions import Sessions
from services.messaging.attachments import FileDirectory
from services.messaging.commands import Send
from services.messaging.review import Reviewer as MessageReviewer
from services.messaging.spans import encode_span
from services.moderation.directory import Directory as ModerationDirectory
from services.moderation.evidence import Evidence
from services.moderation.queue import Queue
from services.rooms.directory import Directory as RoomsDirectory
from services.rooms.review import Reviewer as RoomReviewer
from services.rooms.schemas import NewRoom
from shared.bus import Bus
from shared.caller import Caller, CallerSigner
from shared.clock import utc_now
from shared.events import Envelope
from shared.ids import new_id
from shared.outbox import HandOver
from shared.problems import Problem
from shared.settings import ProcessSettings
from shared.testing.contract.committed import Schema, methods_of, released_methods_of
from shared.testing.contract.instances import instances
from shared.testing.contract.promised import models_watched, promised

Asker = Callable[[Bus], Awaitable[object]]
ANNA, ROOM = new_id(), new_id()
CALLER = Caller(user_id=ANNA, session_id=new_id(), role="user", ip="192.0.2.1")
EVENT = Envelope(id=1, epoch="e", producer="rooms", type="a.b", subject="rooms.a.b", at=utc_now(), data={})
SEND = Send(user_id=ANNA, room_id=ROOM, content="hello", attachments=(new_id(),))
NOBODY: Any = None


class OtherRelease(Bus):
    """A bus whose every answer is this one."""

    def __init__(self, answer: Any) -> None:
        super().__init__("anybody", ProcessSettings())
        self.answer = answer

    async def request(self, subject: str, payload: Any, *, timeout: float = 2.0) -> Any:
        return self.answer


class Socket:
    """What the gateway's lanes want of a client."""

    caller = CALLER
    user_id = ANNA

    def settled(self) -> None:
        """Its command was answered."""

    def answer(self, frames: list[dict[str, Any]]) -> None:
        assert {frame["type"] for frame in frames} <= {"ack", "error"}


async def _commands(bus: Bus) -> None:
    answers = _Answers()
    for result in (await bus.request("rpc.messaging.commands", {}))["results"]:
        answers.add(Pending(cast(Any, Socket()), "c1", {"op": "send", "room_id": ROOM}, 1), result)
    answers.deliver()


async def _attach(bus: Bus) -> None:
    client = cast(Any, Socket())
    attach = Attach(bus, CallerSigner({"messaging": "x" * 32}), NOBODY, NOBODY, NOBODY)
    answer = await attach.ask(client, ROOM)
    assert {"seq", "epoch", "room", "user"} <= dict.keys(answer)


async def _auth_log(bus: Bus) -> None:
    log = AuthLog(bus, lambda event: None, NOBODY)
    for event in (await log._page(0))["events"]:
        log._take(event)


async def _follower(bus: Bus) -> None:
    page = await bus.request("rpc.auth.outbox", {"after": 0})
    [Envelope.model_validate(event) for event in page["events"]]


ASKERS: dict[str, list[Asker]] = {
    "moderation.review": [
        lambda bus: NameReviewer(bus).review(ANNA, ProfileChanges(display_name="Anna")),
        lambda bus: RoomReviewer(bus).review(CALLER, ROOM, NewRoom(name="Tea")),
        lambda bus: FileNameReview(bus).review(ROOM, ANNA, "tea.png"),
        lambda bus: MessageReviewer(bus, 1, hold=False).review([SEND]),
    ],
    "rooms.export": [lambda bus: Exporter(bus)._part("rooms", ANNA)],
    "messaging.export": [lambda bus: Exporter(bus)._part("messaging", ANNA)],
    "moderation.export": [lambda bus: Exporter(bus)._part("moderation", ANNA)],
    "files.export": [lambda bus: Exporter(bus)._part("files", ANNA)],
    "messaging.push": [
        lambda bus: HandOver(NOBODY, bus, "rooms", to="rpc.messaging.push")._hand_over([EVENT]),
        lambda bus: HandOver(NOBODY, bus, "moderation", to="rpc.messaging.push")._hand_over([EVENT]),
    ],
    "auth.users": [
        lambda bus: RoomsDirectory(NOBODY, bus)._ask([ANNA]),
        lambda bus: ModerationDirectory(NOBODY, bus)._ask([ANNA]),
        lambda bus: People(bus).get(ANNA),
    ],
    "files.describe": [lambda bus: FileDirectory(bus).describe([SEND])],
    "messaging.snapshot": [lambda bus: Evidence(bus).snapshot(new_id(), ANNA)],
    "messaging.held": [lambda bus: Queue(NOBODY, bus).find(new_id())],
    "auth.tickets.redeem": [lambda bus: Sessions(bus).redeem_ticket("t")],
    "auth.tokens.recognise": [lambda bus: Sessions(bus).authenticate("parley_t")],
    "auth.outbox": [_auth_log, _follower],
    "messaging.commands": [_commands],
    "messaging.attach": [_attach],
    "messaging.heads": [lambda bus: LiveRooms(bus, NOBODY)._heads()],
}
# What is passed on as it is, or not JSON: tried below, or by what a client sees of it.
PASSED_ON = {"auth.jwks", "rooms.direct", "messaging.replay"}


def test_every_request_that_a_service_may_make_is_here() -> None:
    assert {request for role in ROLES.values() for request in role.asks} == ASKERS.keys() | PASSED_ON


def _mask_has_its_text(answer: Any) -> Any:
    """What the schema of a verdict can't say."""
    for verdict in answer.get("verdicts", ()):
        if verdict["action"] == "mask":
            verdict["text"] = verdict.get("text") or "***"
    return answer


def _answers(schema: Schema) -> SearchStrategy[Any]:
    return instances(schema).map(_mask_has_its_text)


async def _understood(ask: Asker, answer: Any) -> None:
    with models_watched():
        try:
            await ask(OtherRelease(answer))
        except Problem:
            return  # a refusal, as of a session that has ended


@pytest.mark.parametrize("request_", ASKERS)
def test_the_next_release_is_understood_by_who_asks_it(request_: str) -> None:
    service, _, method = request_.partition(".")
    schema = methods_of(service)[method]["answer"]

    @settings(max_examples=20, deadline=None, database=None, derandomize=True)
    @given(answer=_answers(schema), ask=st.sampled_from(ASKERS[request_]))
    def understood(answer: Any, ask: Asker) -> None:
        runner.run(_understood(ask, promised(answer, schema, schema)))

    with asyncio.Runner() as runner:
        understood()


@pytest.mark.parametrize("request_", ASKERS)
def test_the_release_before_is_understood_by_who_asks_it(request_: str) -> None:
    service, _, method = request_.partition(".")
    # A method that is new is asked of nobody who does not serve it yet: that is a 503 of its caller's.
    if (released := released_methods_of(service).get(method)) is None:
        return

    @settings(max_examples=20, deadline=None, database=None, derandomize=True)
    @given(answer=_answers(released["answer"]), ask=st.sampled_from(ASKERS[request_]))
    def understood(answer: Any, ask: Asker) -> None:
        runner.run(_understood(ask, answer))

    with asyncio.Runner() as runner:
        understood()


def test_a_span_of_the_next_release_is_split_all_the_same() -> None:
    span = split(encode_span("e", [], head=3, too_far=False, a_field_of_tomorrow={"nested": [1]}))
    assert (span.epoch, span.head, span.entries) == ("e", 3, [])
