"""`python -m bench.upload [MIB]`: what a large upload, and fetching it again, costs files and the gateway in memory.

Starts the whole product in a folder of its own, sends one file of that many MiB (1,024 unless said otherwise) through
the gateway, and looks at both processes twenty times a second. Writes bench/results/upload.md.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.system.parley import Parley
from tests.system.person import Person, register

MIB = 1024 * 1024
MOST_GROWTH = 32 * MIB
WATCHED = ("gateway", "files")
RESULTS = Path(__file__).parent / "results" / "upload.md"
_EVERY = 0.05
_CURVE = 12
_HEAD = b'--X\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\n\r\n'
_TAIL = b"\r\n--X--\r\n"


@dataclass
class Watch:
    """The memory of the watched processes over time."""

    pids: dict[str, int]
    samples: list[tuple[float, dict[str, int]]] = field(default_factory=list)

    async def run(self) -> None:
        """Look until cancelled."""
        started = time.monotonic()
        while True:
            self.samples.append((time.monotonic() - started, {name: _rss(pid) for name, pid in self.pids.items()}))
            await asyncio.sleep(_EVERY)

    def growth(self, name: str) -> int:
        """How much more it had at its peak than at the start."""
        return max(sample[name] for _, sample in self.samples) - self.samples[0][1][name]

    def curve(self) -> list[tuple[float, dict[str, int]]]:
        """A dozen of the samples, evenly."""
        step = max(1, len(self.samples) // _CURVE)
        return [*self.samples[::step], self.samples[-1]]


def _rss(pid: int) -> int:
    line = next(each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if each.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


async def _body(mib: int) -> AsyncIterator[bytes]:
    piece = bytes(range(256)) * 1024
    yield _HEAD
    for _ in range(mib * 4):
        yield piece
    yield _TAIL


async def _send(base: str, person: Person, room_id: str, mib: int) -> dict[str, str]:
    length = len(_HEAD) + mib * MIB + len(_TAIL)
    headers = {
        "Authorization": f"Bearer {person.token}",
        "Content-Type": "multipart/form-data; boundary=X",
        "Content-Length": str(length),
    }
    async with httpx.AsyncClient(timeout=600) as client:
        url = f"{base}/api/v1/rooms/{room_id}/files"
        answer = await client.post(url, content=_body(mib), headers=headers)
    assert answer.status_code == 201, answer.text
    file: dict[str, str] = answer.json()
    return file


async def _fetch(base: str, url: str) -> int:
    size = 0
    async with httpx.AsyncClient(timeout=600) as client, client.stream("GET", base + url) as answer:
        assert answer.status_code == 200
        async for piece in answer.aiter_raw():
            size += len(piece)
    return size


async def _measure(parley: Parley, mib: int) -> list[str]:
    person = await register(parley.base, "bench")
    room = await person.create_room()
    warm = await _send(parley.base, person, room["id"], 8)
    await _fetch(parley.base, warm["url"])
    watch = Watch({name: parley.pid(name) for name in WATCHED})
    watching = asyncio.create_task(watch.run())
    started = time.monotonic()
    file = await _send(parley.base, person, room["id"], mib)
    sent = time.monotonic() - started
    size = await _fetch(parley.base, file["url"])
    fetched = time.monotonic() - started - sent
    watching.cancel()
    assert size == mib * MIB
    return _report(watch, mib, sent, fetched)


def _report(watch: Watch, mib: int, sent: float, fetched: float) -> list[str]:
    lines = [
        "# One large upload through the gateway",
        "",
        f"`python -m bench.upload {mib}`: a file of {mib} MiB sent in {sent:.1f} s and fetched in {fetched:.1f} s, the"
        " local store, SQLite, every process on one machine. Memory is VmRSS, 20 times a second, after a file of 8 MiB"
        " had gone both ways.",
        "",
        "| | before, MiB | peak, MiB | growth, MiB | allowed |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name in WATCHED:
        before, growth = watch.samples[0][1][name], watch.growth(name)
        lines.append(f"| {name} | {before / MIB:.1f} | {(before + growth) / MIB:.1f} | {growth / MIB:.1f} | 32 |")
    lines += ["", "The curve:", "", "| s | " + " | ".join(WATCHED) + " |", "| --- | --- | --- |"]
    for at, sample in watch.curve():
        lines.append(f"| {at:.1f} | " + " | ".join(f"{sample[name] / MIB:.1f}" for name in WATCHED) + " |")
    passed = all(watch.growth(name) < MOST_GROWTH for name in WATCHED)
    return [*lines, "", "Within the limit." if passed else "OVER THE LIMIT."]


def main(mib: int) -> int:
    """Run it; 1 when a process grew too much."""
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        parley = Parley(
            Path(folder), {"FILES_MAX_BYTES": str((mib + 1) * MIB), "FILES_QUOTA_BYTES": str(4 * mib * MIB)}
        )
        parley.start()
        try:
            lines = asyncio.run(_measure(parley, mib))
        finally:
            parley.stop()
    report = "\n".join(lines) + "\n"
    RESULTS.write_text(report)
    print(report)
    return 0 if report.endswith("Within the limit.\n") else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1024))
