"""Keeps programs running: started when what they need is ready, started again with back-off, stopped in reverse."""

import asyncio
import time
from collections.abc import Sequence

from deploy.local.program import Program, Running
from deploy.local.terminal import Terminal

_POLL = 0.05
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0
_STEADY = 10.0
_MOST_QUICK_ENDS = 5
_REFUSED = 2  # how our programs end when a setting is wrong: trying again changes nothing
_SLOW = 20.0


class Supervisor:
    """`run` until `stop` is called; `ready` is set while every program is."""

    def __init__(self, programs: Sequence[Program], terminal: Terminal) -> None:
        self._programs = programs
        self._terminal = terminal
        self._ready = {program.name: asyncio.Event() for program in programs}
        self._running: dict[str, Running] = {}
        self._stopping = asyncio.Event()
        self.failed = ""

    def stop(self) -> None:
        """Begin to stop; `run` returns when everything has."""
        self._stopping.set()

    async def all_ready(self) -> bool:
        """Wait until every program has been ready; False when it stops before that."""
        waiting = asyncio.create_task(self._each_ready())
        stopping = asyncio.create_task(self._stopping.wait())
        either = {waiting, stopping}
        while not (await asyncio.wait(either, timeout=_SLOW, return_when=asyncio.FIRST_COMPLETED))[0]:
            late = ", ".join(name for name, event in self._ready.items() if not event.is_set())
            self._terminal.block(f"still waiting for {late}")
        ready = waiting.done()
        for task in (waiting, stopping):
            task.cancel()
        await asyncio.gather(waiting, stopping, return_exceptions=True)
        return ready

    async def run(self) -> None:
        """Keep everything running until told to stop."""
        keepers = [asyncio.create_task(self._keep(program)) for program in self._programs]
        await self._stopping.wait()
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        for program in reversed(self._programs):
            running = self._running.pop(program.name, None)
            if running is not None:
                await running.stop()

    async def _each_ready(self) -> bool:
        for event in self._ready.values():
            await event.wait()
        return True

    async def _keep(self, program: Program) -> None:
        for need in program.needs:
            await self._ready[need].wait()
        wait, quick_ends = _FIRST_WAIT, 0
        while True:
            begun = time.monotonic()
            status, ended, said = await self._run_once(program)
            was_ready = self._ready[program.name].is_set()
            self._ready[program.name].clear()
            if was_ready or time.monotonic() - begun > _STEADY:
                wait, quick_ends = _FIRST_WAIT, 0
            quick_ends += 1
            if quick_ends >= _MOST_QUICK_ENDS or (status == _REFUSED and not was_ready):
                self.failed = f"{program.name} does not start: it {ended}" + (f" and said: {said}" if said else ".")
                self._stopping.set()
                return
            self._terminal.say(program.name, f"{ended}; starting it again in {wait:.1f} s")
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _run_once(self, program: Program) -> tuple[int | None, str, str]:
        """Run it until it ends by itself: its exit status, that in words, and what it said last."""
        try:
            running = self._running[program.name] = await Running.start(program, self._terminal)
        except OSError as error:
            return None, f"can't be run ({error.strerror})", ""
        watcher = asyncio.create_task(self._watch(program))
        try:
            status = await running.ended()
        finally:
            watcher.cancel()
        if not self._ready[program.name].is_set():
            running.show_last_words()
        return status, f"ended with {status}", running.last_line

    async def _watch(self, program: Program) -> None:
        while not await program.ready():
            await asyncio.sleep(_POLL)
        self._ready[program.name].set()
