"""What a process of ours has, as the kernel counts it (I15)."""

import re
from pathlib import Path


def resident(pid: int) -> int:
    """Bytes of memory."""
    found = re.search(r"^VmRSS:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


def descriptors(pid: int) -> int:
    """Open files and sockets."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def threads(pid: int) -> int:
    """Threads, its first among them."""
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def environment(pid: int) -> dict[str, str]:
    """What it was told at its start."""
    told = Path(f"/proc/{pid}/environ").read_bytes().rstrip(b"\0").split(b"\0")
    return {name: value for name, _, value in (one.decode().partition("=") for one in told)}
