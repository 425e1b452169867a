"""What a process of ours has, as the kernel counts it (I15)."""

import re
from pathlib import Path


def resident(pid: int) -> int:
    """Bytes of memory."""
    return _kilobytes(Path(f"/proc/{pid}/status"), "VmRSS") * 1024


def proportional(pid: int) -> int:
    """Bytes of memory, of what is shared with others only its part."""
    return _kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss") * 1024


def descriptors(pid: int) -> int:
    """Open files and sockets."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def threads(pid: int) -> int:
    """Threads, the first one too."""
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def _kilobytes(table: Path, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", table.read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


def environment(pid: int) -> dict[str, str]:
    """What it was told at its start."""
    told = Path(f"/proc/{pid}/environ").read_bytes().rstrip(b"\0").split(b"\0")
    return {name: value for name, _, value in (one.decode().partition("=") for one in told)}
