"""`python -m bench.logins [LOGINS]`: what a flood of logins does to everybody else, and to auth's memory.

Starts the whole product in a folder of its own, sends that many logins at once (200 unless said otherwise), half of
them with a wrong password, and meanwhile asks the gateway and auth for `/healthz` again and again from a process of its
own. Writes bench/results/logins.md.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.machine import cores, cpu_model
from tests.system.parley import ROOT, Parley
from tests.system.person import PASSWORD, register

RESULTS = Path(__file__).parent / "results" / "logins.md"
ACCOUNTS = 20
GOAL_MS = 100
_QUIET = 3.0
_EVERY = 0.01
_LIMITS = ("REGISTER", "LOGIN", "LOGIN_ADDRESS", "HTTP")


@dataclass(frozen=True)
class Flood:
    """What became of the logins: how many of each status, in how many seconds, and auth's memory (bytes)."""

    statuses: Counter[int]
    seconds: float
    rss_before: int
    rss_peak: int


async def probe(urls: list[str]) -> None:
    """Ask each in turn until stdin ends; writes [when, url's number, milliseconds] of each answer."""
    loop, taken = asyncio.get_running_loop(), []
    ended = loop.run_in_executor(None, sys.stdin.read)
    async with httpx.AsyncClient(timeout=30) as http:
        while not ended.done():
            for number, url in enumerate(urls):
                began = time.monotonic()
                (await http.get(url)).raise_for_status()
                taken.append((began, number, (time.monotonic() - began) * 1000))
            await asyncio.sleep(_EVERY)
    print(json.dumps(taken))


async def flood(base: str, names: list[str], logins: int, auth: int) -> Flood:
    """All of them at once."""
    before, peak, over = _rss(auth), 0, asyncio.Event()

    async def watch() -> None:
        nonlocal peak
        while not over.is_set():
            peak = max(peak, _rss(auth))
            await asyncio.sleep(0.05)

    async def log_in(http: httpx.AsyncClient, number: int) -> int:
        account = {"username": names[number % len(names)], "password": PASSWORD if number % 2 else "wrong password"}
        return (await http.post("/auth/login", json=account)).status_code

    limits = httpx.Limits(max_connections=logins, max_keepalive_connections=logins)
    async with httpx.AsyncClient(base_url=f"{base}/api/v1", timeout=60, limits=limits) as http:
        watching = asyncio.create_task(watch())
        began = time.monotonic()
        statuses = await asyncio.gather(*(log_in(http, number) for number in range(logins)))
        seconds = time.monotonic() - began
        over.set()
        await watching
    return Flood(Counter(statuses), seconds, before, max(peak, before))


async def measure(logins: int) -> str:
    """The page with the figures."""
    with tempfile.TemporaryDirectory() as folder:
        parley = Parley(Path(folder), {f"PARLEY_LIMIT_{name}": "off" for name in _LIMITS})
        parley.start()
        try:
            names = [(await register(parley.base, "login")).username for _ in range(ACCOUNTS)]
            auth = parley.pid("auth")
            urls = [f"{parley.base}/healthz", f"http://127.0.0.1:{_port(auth)}/healthz"]
            command = [sys.executable, "-m", "bench.logins", "--probe", *urls]
            pipe = asyncio.subprocess.PIPE
            prober = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=pipe, stdout=pipe)
            await asyncio.sleep(_QUIET)
            began = time.monotonic()
            told = await flood(parley.base, names, logins, auth)
            ended = time.monotonic()
            out, _ = await prober.communicate(b"")
        finally:
            parley.stop()
    return page(logins, told, json.loads(out), began, ended)


def page(logins: int, told: Flood, taken: list[tuple[float, int, float]], began: float, ended: float) -> str:
    """The figures as Markdown."""
    rows = []
    for number, name in enumerate(("gateway", "auth")):
        quiet = [each for at, which, each in taken if which == number and at < began]
        during = [each for at, which, each in taken if which == number and began <= at <= ended]
        for when, values in (("before", quiet), ("during", during)):
            figures = " | ".join(f"{_percentile(values, part):.1f}" for part in (0.5, 0.99, 1.0))
            rows.append(f"| {name} | {when} | {len(values)} | {figures} |")
    statuses = ", ".join(f"{count} x {status}" for status, count in sorted(told.statuses.items()))
    load = os.getloadavg()[2]
    growth = (told.rss_peak - told.rss_before) / 2**20
    return f"""# A flood of logins

`python -m bench.logins {logins}`: {logins} logins at once, half of them wrong.
{cpu_model()}, {cores()} cores, the client on them too; the machine's load was {load:.0f} before.

All were answered in {told.seconds:.1f} s ({statuses}), by argon2id with 19 MiB and two passes, two at a time.
Auth had {told.rss_before / 2**20:.0f} MiB before, and {growth:.0f} MiB more at its peak.

`/healthz` meanwhile, milliseconds; the goal is less than {GOAL_MS}:

| asked | when | answers | p50 | p99 | slowest |
| --- | --- | --- | --- | --- | --- |
{chr(10).join(rows)}

Hashing is done by two threads, five steps nicer than the one that answers (`services/auth/passwords.py`); 200 more may
wait, the next are refused (503), and so is who has waited for five seconds. What is left of the slowest answers is the
kernel's turn: as long as both threads hash, both cores have something to do.
"""


def _percentile(values: list[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else float("nan")


def _rss(pid: int) -> int:
    line = next(each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if each.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def _port(pid: int) -> str:
    told = dict(each.split("=", 1) for each in Path(f"/proc/{pid}/environ").read_text().split("\0") if "=" in each)
    return told["PORT"]


def main(arguments: list[str]) -> None:
    """Measure, or be the one who asks."""
    if arguments[:1] == ["--probe"]:
        asyncio.run(probe(arguments[1:]))
        return
    told = asyncio.run(measure(int(arguments[0]) if arguments else 200))
    RESULTS.write_text(told)
    print(told)


if __name__ == "__main__":
    main(sys.argv[1:])
