"""Limits: exact, per person or address, bounded in memory, shared by gateways where there is a store."""

import asyncio
import sys
from collections.abc import Awaitable
from types import FrameType
from typing import Any

import pytest
from limits.errors import StorageError
from starlette.types import Receive, Scope, Send

from services.gateway.charges import login_key
from services.gateway.limits import Limits, parse_rule
from services.gateway.tests.conftest import Start, World
from services.gateway.tests.world import reply
from services.gateway.windows import LocalWindows
from shared.ids import new_id
from shared.problems import TooMany


async def spend(limits: Limits, times: int, key: str = "k") -> None:
    for _ in range(times):
        await limits.hit("http", key)


async def test_one_more_than_the_limit_is_refused_until_its_time_is_over() -> None:
    now = 0.0
    limits = Limits({"http": "3/2 seconds"}, LocalWindows(clock=lambda: now))
    await spend(limits, 3)
    with pytest.raises(TooMany) as refused:
        await limits.hit("http", "k")
    assert refused.value.retry_after == 2
    assert refused.value.headers == {
        "RateLimit-Limit": "3",
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": "2",
        "RateLimit-Policy": "3;w=2",
    }
    await spend(limits, 3, "somebody else")
    now = 1.0
    with pytest.raises(TooMany) as refused:
        await limits.hit("http", "k")
    assert refused.value.retry_after == 1
    now = 2.0
    await limits.hit("http", "k")


async def test_off_is_off() -> None:
    limits = Limits({"http": "off"})
    await spend(limits, 1000)
    assert limits.rule("http") is None
    assert Limits({"frames": "200/10 seconds"}).rule("frames") == (200, 10)


async def test_what_is_taken_back_can_be_spent_again() -> None:
    limits = Limits({"http": "2/hour"})
    for _ in range(10):
        await limits.hit("http", "k")
        await limits.undo("http", "k")
    await spend(limits, 2)
    await limits.clear("http", "k")
    await spend(limits, 2)


def test_rules_are_read_as_limits_reads_them() -> None:
    assert parse_rule(" OFF ") is None
    assert str(parse_rule("60/10 seconds")) == "60 per 10 second"
    with pytest.raises(ValueError, match="parse"):
        parse_rule("many")


async def test_memory_is_bounded() -> None:
    windows = LocalWindows(capacity=1000)
    for number in range(5000):
        await windows.incr(f"key-{number}", 3600)
    assert len(windows) == 1000
    assert await windows.incr("key-4999", 3600) == 2, "the newest are kept"


async def test_what_expired_goes_before_what_is_alive() -> None:
    now = 0.0
    windows = LocalWindows(capacity=100, clock=lambda: now)
    await windows.incr("alive", 3600)
    for number in range(99):
        await windows.incr(f"short-{number}", 1)
    now = 10.0
    await windows.incr("new", 3600)
    assert len(windows) == 2
    assert await windows.incr("alive", 3600) == 2


class BrokenWindows:
    """A shared store that is away."""

    def __init__(self) -> None:
        self.asked = 0

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        self.asked += 1
        raise StorageError(ConnectionError())

    async def get_expiry(self, key: str) -> float:
        raise StorageError(ConnectionError())

    async def clear(self, key: str) -> None:
        raise StorageError(ConnectionError())


async def test_without_the_shared_store_limits_hold_here() -> None:
    broken = BrokenWindows()
    limits = Limits({"http": "3/minute"}, broken)
    await spend(limits, 3)
    with pytest.raises(TooMany):
        await limits.hit("http", "k")
    assert broken.asked == 1, "it is not asked again at once"


async def test_calls_are_limited_by_person_and_by_address(start: Start) -> None:
    async with start(parley_limit_http="5/hour") as world:
        someone = world.bearer()
        answers = [await world.client.get("/api/v1/rooms", headers=someone) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        last = answers[-1]
        assert last.json()["code"] == "rate_limited"
        assert 3_000 < int(last.headers["Retry-After"]) <= 3_600
        assert last.headers["RateLimit-Limit"] == "5"
        assert (await world.client.get("/api/v1/rooms", headers=world.bearer())).status_code == 200
        refused = [(await world.client.get("/api/v1/rooms")).status_code for _ in range(6)]
        assert refused == [401] * 5 + [429], "bad tokens are limited by address"


async def test_messages_have_a_limit_of_their_own(start: Start) -> None:
    async with start(parley_limit_messages="2/minute") as world:
        headers, path = world.bearer(), f"/api/v1/rooms/{new_id()}/messages"
        sent = [(await world.client.post(path, headers=headers, json={})).status_code for _ in range(3)]
        assert sent == [200, 200, 429]
        assert (await world.client.get(path, headers=headers)).status_code == 200


def login_answers(world: World) -> None:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive())["body"]
        await asyncio.sleep(0.05)
        await reply(send, 200 if b"right" in body else 401, b"{}")

    world.upstream.answers["/api/v1/auth/login"] = answer


async def test_only_failed_logins_count_and_a_good_one_forgives(start: Start) -> None:
    async with start(parley_limit_login="3/minute") as world:
        login_answers(world)

        async def log_in(password: str, username: str = "ada") -> int:
            body = {"username": username, "password": password}
            return (await world.client.post("/api/v1/auth/login", json=body)).status_code

        assert [await log_in("right") for _ in range(5)] == [200] * 5
        assert [await log_in("wrong") for _ in range(2)] == [401] * 2
        assert await log_in("right") == 200
        assert [await log_in("wrong") for _ in range(4)] == [401] * 3 + [429]
        assert await log_in("right") == 429, "the right password does not help any more"
        assert await log_in("wrong", "ADA") == 429
        assert await log_in("wrong", "grace") == 401
        form = {"username": "ada", "password": "wrong"}
        assert (await world.client.post("/api/v1/auth/login", data=form)).status_code == 429


async def test_many_logins_at_once_are_not_all_the_first(start: Start) -> None:
    async with start(parley_limit_login="5/minute") as world:
        login_answers(world)
        body = {"username": "ada", "password": "wrong"}
        tries = [world.client.post("/api/v1/auth/login", json=body) for _ in range(30)]
        statuses = [answer.status_code for answer in await asyncio.gather(*tries)]
        assert (statuses.count(401), statuses.count(429)) == (5, 25)


async def test_registering_counts_when_it_taught_something(start: Start) -> None:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await reply(send, int((await receive())["body"]), b"{}")

    async with start(parley_limit_register="3/hour") as world:
        world.upstream.answers["/api/v1/auth/register"] = answer
        statuses = [422, 422, 422, 422, 201, 409, 201, 201]
        got = [await world.client.post("/api/v1/auth/register", content=str(status).encode()) for status in statuses]
        assert [each.status_code for each in got] == [422, 422, 422, 422, 201, 409, 201, 429]


async def test_mail_is_limited_although_every_answer_is_the_same(start: Start) -> None:
    async def answer(_: Scope, __: Receive, send: Send) -> None:
        await reply(send, 202, b"")

    async with start(parley_limit_register="3/hour") as world:
        world.upstream.answers["/api/v1/auth/password/forgot"] = answer
        got = [await world.client.post("/api/v1/auth/password/forgot", content=b"{}") for _ in range(5)]
        assert [each.status_code for each in got] == [202, 202, 202, 429, 429]


async def test_a_login_to_nobody_is_counted_too() -> None:
    bodies = (b"", b"{", b"[]", b"null", b'{"username": 5}', b"username=", b"\xff=\xff", b'"x"')
    assert len({login_key(body, "192.0.2.1") for body in bodies}) == 1
    assert login_key(b'{"username":"Ada"}', "a") == login_key(b"password=x&username=ada", "a")
    assert login_key(b'{"username":"Ada"}', "a") != login_key(b'{"username":"ada"}', "b")


async def test_counting_takes_no_longer_when_there_is_more_to_count() -> None:
    windows = LocalWindows(clock=lambda: 0.0)
    limits = Limits({"http": "100000000/minute"}, windows)
    taken = []
    for people in (1, 5_000):
        await asyncio.gather(*(limits.hit("http", f"user-{number}") for number in range(people)))
        assert len(windows) == people
        taken += [await steps(limits.hit("http", "user-0")), await steps(limits.hit("http", f"new-{people}"))]
        await limits.clear("http", f"new-{people}")
    assert taken[:2] == taken[2:]


async def steps(work: Awaitable[None]) -> int:
    """How many of Python's own steps it takes: what the clock would say, on any machine."""
    taken = 0

    def count(frame: FrameType, event: str, _: object) -> Any:
        nonlocal taken
        frame.f_trace_opcodes = True
        taken += event == "opcode"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        await work
    finally:
        sys.settrace(before)
    return taken


async def test_costly_calls_take_turns(world: World) -> None:
    release = asyncio.Event()

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await release.wait()
        await reply(send, 200, b"{}")

    path, headers = f"/api/v1/rooms/{new_id()}/files", world.bearer()
    world.upstream.answers[path] = answer
    first = [asyncio.create_task(world.client.post(path, headers=headers)) for _ in range(2)]
    await asyncio.sleep(0.2)
    third = await world.client.post(path, headers=headers)
    assert (third.status_code, third.json()["code"]) == (429, "too_many_at_once")
    told = [
        third.headers[name] for name in ("Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
    ]
    assert told == ["1", "2", "0", "1"]
    other = asyncio.create_task(world.client.post(path, headers=world.bearer()))
    await asyncio.sleep(0.1)
    release.set()
    assert [(await each).status_code for each in [*first, other]] == [200] * 3
    assert (await world.client.post(path, headers=headers)).status_code == 200
