"""What the figures were taken on: CPU, cores and versions, and nothing that names a host."""

import os
import platform
import re
from pathlib import Path


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0))


def cpu_model() -> str:
    """As the kernel calls it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith(("model name", "Model")):
            return line.partition(":")[2].strip()
    return platform.machine()


def file_name() -> str:
    """`<cpu-model>-<cores>c`, for a file."""
    return f"{re.sub(r'[^a-z0-9]+', '-', cpu_model().lower()).strip('-')}-{cores()}c"


def described() -> dict[str, object]:
    """For the head of a results file."""
    return {"cpu": cpu_model(), "cores": cores(), "kernel": platform.release().split("-")[0], **_python()}


def _python() -> dict[str, str]:
    return {"python": platform.python_version()}
