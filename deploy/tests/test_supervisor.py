"""Real processes: started in order, started again when they die, given up with a sentence, stopped in reverse."""

import asyncio
import io
import os
import re
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from deploy.local import program as program_module
from deploy.local.program import Program
from deploy.local.supervisor import Supervisor
from deploy.local.terminal import Terminal
from deploy.tests.programs import failing, notes, pid, steady, stubborn
from shared.testing.waiting import eventually

Supervised = Callable[[Sequence[Program]], AbstractAsyncContextManager[Supervisor]]


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def supervised(out: io.StringIO) -> Supervised:
    @asynccontextmanager
    async def start(programs: Sequence[Program]) -> AsyncIterator[Supervisor]:
        supervisor = Supervisor(programs, Terminal(out))
        running = asyncio.create_task(supervisor.run())
        try:
            yield supervisor
        finally:
            supervisor.stop()
            await asyncio.wait_for(running, 20)

    return start


async def test_what_is_needed_starts_first_and_stops_last(supervised: Supervised, tmp_path: Path) -> None:
    broker, service = steady("nats", tmp_path), steady("auth", tmp_path, "nats")
    async with supervised([broker, service, steady("gateway", tmp_path, "auth")]) as supervisor:
        assert await supervisor.all_ready()
        assert notes(tmp_path) == ["nats started", "auth started", "gateway started"]
    assert notes(tmp_path)[3:] == ["gateway stopped", "auth stopped", "nats stopped"]
    assert supervisor.failed == ""


async def test_one_that_is_killed_is_started_again_and_the_others_go_on(
    supervised: Supervised, out: io.StringIO, tmp_path: Path
) -> None:
    async with supervised([steady("nats", tmp_path), steady("auth", tmp_path, "nats")]) as supervisor:
        assert await supervisor.all_ready()
        broker, service = pid("nats", tmp_path), pid("auth", tmp_path)
        os.kill(broker, signal.SIGKILL)
        await eventually(lambda: pid("nats", tmp_path) != broker)
        assert pid("auth", tmp_path) == service
        assert "nats: ended with -9; starting it again in 0.1 s" in out.getvalue()


async def test_one_that_always_dies_is_given_up_after_longer_and_longer_waits(
    supervised: Supervised, out: io.StringIO, tmp_path: Path
) -> None:
    async with supervised([failing("auth", tmp_path, 1)]) as supervisor:
        assert not await supervisor.all_ready()
    assert supervisor.failed == "auth does not start: it ended with 1 and said: the reason why"
    assert notes(tmp_path) == ["auth started"] * 5
    assert re.findall(r"again in ([0-9.]+) s", out.getvalue()) == ["0.1", "0.2", "0.4", "0.8"]
    assert out.getvalue().count("the reason why") == 5


async def test_one_that_refuses_its_settings_is_not_tried_twice(supervised: Supervised, tmp_path: Path) -> None:
    async with supervised([failing("auth", tmp_path, 2)]) as supervisor:
        assert not await supervisor.all_ready()
    assert notes(tmp_path) == ["auth started"]


async def test_one_that_can_not_be_run_is_said_to_be_and_the_rest_is_stopped(
    supervised: Supervised, tmp_path: Path
) -> None:
    nowhere = Program("auth", [str(tmp_path / "nowhere")], steady("auth", tmp_path).ready)
    async with supervised([steady("nats", tmp_path), nowhere]) as supervisor:
        assert not await supervisor.all_ready()
    assert supervisor.failed.startswith("auth does not start: it can't be run (No such file")
    assert notes(tmp_path) == ["nats started", "nats stopped"]


async def test_a_quiet_one_is_heard_when_it_fails(supervised: Supervised, out: io.StringIO, tmp_path: Path) -> None:
    loud, quiet = steady("auth", tmp_path), steady("files", tmp_path)
    quiet.quiet = True
    async with supervised([loud, quiet]) as supervisor:
        assert await supervisor.all_ready()
        await eventually(lambda: "auth speaks" in out.getvalue())
    assert "files speaks" not in out.getvalue()
    async with supervised([failing("nats", tmp_path, 2, quiet=True)]) as supervisor:
        assert not await supervisor.all_ready()
    assert "nats       │ the reason why" in out.getvalue()


async def test_one_that_does_not_stop_is_killed(
    supervised: Supervised, out: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program_module, "_STOP_SECONDS", 0.2)
    async with supervised([stubborn("auth", tmp_path)]) as supervisor:
        assert await supervisor.all_ready()
    assert "auth: did not stop within" in out.getvalue()
    with pytest.raises(ProcessLookupError):
        os.kill(pid("auth", tmp_path), 0)


async def test_a_stop_before_everything_is_ready_stops_what_was_started(supervised: Supervised, tmp_path: Path) -> None:
    never = steady("auth", tmp_path)
    never.ready = _never
    async with supervised([steady("nats", tmp_path), never, steady("gateway", tmp_path, "auth")]) as supervisor:
        await eventually(lambda: len(notes(tmp_path)) == 2)
        supervisor.stop()
        assert not await supervisor.all_ready()
    assert sorted(notes(tmp_path)[:2]) == ["auth started", "nats started"]
    assert notes(tmp_path)[2:] == ["auth stopped", "nats stopped"]


async def test_who_is_late_is_named(
    supervised: Supervised, out: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.local.supervisor._SLOW", 0.05)
    never = steady("auth", tmp_path)
    never.ready = _never
    async with supervised([steady("nats", tmp_path), never]) as supervisor:
        waiting = asyncio.create_task(supervisor.all_ready())
        await eventually(lambda: "still waiting for auth\n" in out.getvalue())
        supervisor.stop()
        assert not await waiting


async def _never() -> bool:
    return False
