"""What must not stand in the log of a run: failures that nobody foresaw (I14) and secrets (I16)."""

import json
import re
from collections.abc import Collection
from pathlib import Path

from shared.testing.failures import unforeseen
from tests.system.person import PASSWORD

_FAILED = re.compile(r"""\bstatus["']?[=:] ?(5(?!03|04)\d\d)\b""")
_TOKEN = re.compile(r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}")
_SHORTEST = 12  # what is shorter, such as a name, is no secret


def secrets_of(var: Path) -> set[str]:
    """What a run's folder keeps to itself, and the password of everybody in the tests.

    Not the first admin's password: `make run` says it, to whoever started it.
    """
    kept = json.loads((var / "secrets.json").read_text())
    del kept["admin_password"]
    return {PASSWORD} | {one for one in kept.values() if isinstance(one, str) and len(one) >= _SHORTEST}


def in_the_log(log: str, secrets: Collection[str]) -> list[str]:
    """I14 and I16, in words."""
    found = [f"I14 an exception that nobody foresaw: {trace}"] if (trace := unforeseen(log)) else []
    found += [f"I14 answered {status}" for status in _FAILED.findall(log)]
    if any(secret in log for secret in secrets) or _TOKEN.search(log):
        found.append("I16 the log shows a secret or a token")
    return found
