"""CPU time of processes: schedstat's on-CPU nanoseconds of every thread, which no other process' load changes much."""

from collections.abc import Mapping
from pathlib import Path


def spent(pids: Mapping[str, int]) -> dict[str, float]:
    """Microseconds on a CPU so far, by name."""
    return {name: sum(_thread(task) for task in Path(f"/proc/{pid}/task").iterdir()) for name, pid in pids.items()}


def _thread(task: Path) -> float:
    try:
        return int((task / "schedstat").read_text().split()[0]) / 1_000
    except OSError:  # the thread has just ended
        return 0.0
