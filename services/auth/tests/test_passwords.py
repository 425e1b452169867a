"""Hashing as it is in production: its parameters, how much of it goes on at once, and what a flood does."""

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.auth import passwords
from services.auth.passwords import Passwords
from services.auth.tests.conftest import settings_for, world_of
from services.auth.tests.world import PASSWORD
from shared.problems import Unavailable
from shared.testing.nats import NatsServer


@pytest.fixture
async def quick() -> AsyncIterator[Passwords]:
    made = Passwords(memory_kib=64, rounds=1, threads=2, queue=5)
    async with made.running():
        yield made


async def test_they_are_argon2id_at_the_cost_that_owasp_asks_for() -> None:
    real = Passwords()
    stored = await real.hash("a fine password")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert stored != await real.hash("a fine password"), "each has a salt of its own"


async def test_all_of_a_password_counts(quick: Passwords) -> None:
    """S003, S004, S008: nothing is cut off, case matters, a NUL does not end it."""
    long = "x" * 72
    stored = await quick.hash(long + "a" * 56)
    assert (await quick.verify(long + "a" * 56, stored))[0]
    for other in (long + "b" * 56, long, long.upper() + "a" * 56, long + "a" * 55, long + "a" * 57):
        assert not (await quick.verify(other, stored))[0]
    stored = await quick.hash("a\0b")
    assert not (await quick.verify("a\0c", stored))[0] and not (await quick.verify("a", stored))[0]


async def test_another_spelling_of_the_same_letters_fits(quick: Passwords) -> None:
    stored = await quick.hash("caf\u00e9 au lait")
    assert (await quick.verify("cafe\u0301 au lait", stored))[0], "S005"


async def test_a_hash_of_before_is_renewed(quick: Passwords) -> None:
    stored = await Passwords(memory_kib=32, rounds=1).hash("a fine password")
    fits, renewed = await quick.verify("a fine password", stored)
    assert fits and renewed is not None and "m=64," in renewed
    assert await quick.verify("a fine password", renewed) == (True, None)
    assert await quick.verify("another password", stored) == (False, None)


async def test_nobody_costs_as_much_as_somebody(quick: Passwords) -> None:
    """S009, by the work that is done and not by the clock."""
    done: list[str] = []
    context = quick._context

    class Counted:
        def verify_and_update(self, secret: str, against: str) -> tuple[bool, str | None]:
            done.append(against.rpartition("$")[0].rpartition("$")[0])
            return context.verify_and_update(secret, against)  # type: ignore[no-any-return]

    stored = await quick.hash(PASSWORD)
    quick._context = Counted()
    for password, against in (("wrong one", stored), (PASSWORD, None), ("x" * 1000, stored), ("x" * 1000, None)):
        assert await quick.verify(password, against) == (False, None)
    assert len(done) == 4 and len(set(done)) == 1, "one check each, all with the same parameters"


async def test_what_waits_too_long_is_refused_and_what_nobody_waits_for_is_not_done() -> None:
    narrow = Passwords(memory_kib=64, rounds=1, threads=1, queue=2)
    held, begun, done = threading.Event(), threading.Event(), list[int]()

    def hold() -> None:
        begun.set()
        held.wait(10)

    running = asyncio.create_task(narrow._submit(hold))
    await asyncio.to_thread(begun.wait, 10)
    waiting = [asyncio.create_task(narrow._submit(lambda n=n: done.append(n))) for n in range(2)]  # type: ignore[misc]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await narrow.hash("one too many")
    waiting[0].cancel()
    await asyncio.gather(waiting[0], return_exceptions=True)
    last = asyncio.create_task(narrow._submit(lambda: done.append(2)))
    await asyncio.sleep(0)
    held.set()
    await asyncio.gather(running, waiting[1], last)
    assert done == [1, 2], "and its place went to another"


async def test_a_flood_of_logins_holds_up_nobody_else(tmp_path: Path, nats_server: NatsServer) -> None:
    """S013 and issue 3: 200 at once, while health is asked again and again."""
    settings = settings_for(f"sqlite:///{tmp_path / 'auth.db'}", nats_server.url)
    settings = settings.model_copy(update={"hash_memory_kib": 8 * 1024})
    async with world_of(settings) as world:
        names = [f"person{n}" for n in range(10)]
        for name in names:
            await world.register(name)
        people = [world.sent_login(name) for name in names * 10]
        flood = asyncio.gather(*people, *(world.sent_login(f"nobody{n}") for n in range(100)))
        most_threads, asked = 0, 0
        while not flood.done():
            assert (await world.client.get("/healthz")).status_code == 200
            asked += 1
            most_threads = max(most_threads, sum(each.name.startswith("passwords") for each in threading.enumerate()))
            await asyncio.sleep(0.002)
        answers = [answer.status_code for answer in await flood]
        assert asked > 20, "health was answered all along"
        assert most_threads <= settings.hash_threads, "so memory is two hashes' worth"
        assert set(answers[:100]) <= {200, 503} and set(answers[100:]) <= {401, 503}, (
            "in turn, or refused: later, please"
        )
        assert answers.count(200) >= 20
        assert world.wiring.passwords._waiting == 0


async def test_who_has_waited_too_long_is_refused(quick: Passwords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_LONGEST_WAIT", -1.0)
    with pytest.raises(Unavailable):
        await quick.hash("a fine password")


async def test_who_waits_is_refused_in_time_and_what_has_begun_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_LONGEST_WAIT", 0.05)
    narrow = Passwords(memory_kib=64, rounds=1, threads=1, queue=2)
    held, begun, late = threading.Event(), threading.Event(), list[int]()

    def hold() -> str:
        begun.set()
        held.wait(10)
        return "done"

    running = asyncio.create_task(narrow._submit(hold))
    await asyncio.to_thread(begun.wait, 10)
    with pytest.raises(Unavailable):
        await narrow._submit(lambda: late.append(1))
    assert not running.done(), "nobody's turn had come"
    held.set()
    assert await running == "done"
    assert late == [] and narrow._waiting == 0


async def test_the_operator_sets_the_cost(tmp_path: Path, nats_server: NatsServer) -> None:
    """A login under other parameters writes the hash anew."""
    settings = settings_for(f"sqlite:///{tmp_path / 'auth.db'}", nats_server.url)
    async with world_of(settings) as world:
        await world.register("ada")
        before = await world.password_hash("ada")
    async with world_of(settings.model_copy(update={"hash_rounds": 2})) as world:
        await world.login("ada")
        after = await world.password_hash("ada")
        await world.login("ada")
        assert ",t=1," in before and ",t=2," in after
        assert await world.password_hash("ada") == after


async def test_hashing_stands_back_for_other_work(quick: Passwords) -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    step = passwords._NICER if sys.platform == "linux" else 0
    assert await quick._submit(niceness) == min(19, niceness() + step)
