"""Lines that may wait a moment: together, in order, and never lost by an end that is not a kill."""

import asyncio
import subprocess
import sys

import pytest

from shared.lines import Lines

Out = pytest.CaptureFixture[str]


async def test_lines_of_a_loop_leave_together_and_soon(capsys: Out) -> None:
    lines = Lines()
    lines.add("one")
    lines.add("two")
    assert capsys.readouterr().err == ""
    async with asyncio.timeout(10):
        while not (said := capsys.readouterr().err):
            await asyncio.sleep(0)
    assert said == "one\ntwo\n"


def test_a_line_of_a_loop_that_has_ended_leaves_with_those_of_the_next(capsys: Out) -> None:
    lines = Lines()

    async def say(line: str) -> None:
        lines.add(line)

    async def say_and_wait(line: str) -> str:
        lines.add(line)
        async with asyncio.timeout(10):
            while not (said := capsys.readouterr().err):
                await asyncio.sleep(0)
        return said

    asyncio.run(say("one"))
    assert asyncio.run(say_and_wait("two")) == "one\ntwo\n"


async def test_what_must_not_wait_takes_along_what_came_before(capsys: Out) -> None:
    lines = Lines()
    lines.add("one")
    lines.add_now("two")
    assert capsys.readouterr().err == "one\ntwo\n"
    lines.add("three")
    await asyncio.to_thread(lines.add, "four")
    assert capsys.readouterr().err == "three\nfour\n"


async def test_many_do_not_wait(capsys: Out) -> None:
    lines = Lines()
    for number in range(250):
        lines.add(str(number))
    assert capsys.readouterr().err.splitlines() == [str(number) for number in range(200)]
    lines.leave()
    assert capsys.readouterr().err.splitlines() == [str(number) for number in range(200, 250)]


@pytest.mark.parametrize("end", ["pass", "raise SystemExit(1)", "log.error('three'); os._exit(5)"])
def test_what_a_process_said_before_its_end_is_there(end: str) -> None:
    script = f"""
import asyncio, os, structlog
from shared import logs
logs.configure("toy", "console", for_good=True)
log = structlog.get_logger()
async def main():
    log.info("one")
    log.info("two")
    {end}
asyncio.run(main())
"""
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    words = [line.split()[3] for line in said.stderr.splitlines()]
    assert words == ["one", "two", "three"][: 3 if "three" in end else 2]
