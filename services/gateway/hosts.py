"""Under which names the gateway may be called: a page elsewhere that has its own name point here gets nothing."""

import re
from collections.abc import Iterable
from typing import Final

from starlette.types import Scope

from services.gateway.headers import first
from shared.problems import Problem

_NAME: Final = re.compile(r"([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])\Z")
_PORT: Final = re.compile(r":[0-9]{0,5}\Z")
OPERATORS: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by address, by whoever supervises the process."""


class Hosts:
    """An exact list; an empty one lets every name be."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = frozenset(allowed)

    def check(self, scope: Scope) -> None:
        """Raise the Problem (421) when the request was meant for somebody else."""
        if not self._allowed or scope["path"] in OPERATORS:
            return
        host = first(scope["headers"], b"host") or b""
        if _PORT.sub("", host.decode("latin-1").lower()).rstrip(".") not in self._allowed:
            raise Problem(421, "misdirected_request", "Nobody of this name is here.")


def normal_host(host: str) -> str:
    """The name as it is compared; ValueError when it is none."""
    name = host.strip().lower().rstrip(".")
    if not _NAME.match(name):
        raise ValueError(f"is not a name like chat.example.org, without scheme and port: {host!r}")
    return name
