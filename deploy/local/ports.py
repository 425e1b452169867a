"""Ports on loopback: free ones for what stays inside, and the public one, which must be ours to take."""

import errno
import random
import re
import socket
import sys
from collections.abc import Collection

from deploy.local.folder import CannotStart

# Below the ranges from which systems take the near ends of connections: a service that starts again must find its port
# free, and a port from there may be somebody's connection by then.
_INSIDE = range(20_000, 32_000)
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class Ports:
    """Ports for programs that start later, and start again: each is kept until this process ends."""

    def __init__(self, taken: Collection[int] = ()) -> None:
        self._taken = set(taken)

    def free(self) -> int:
        """A port that nobody has, another run or an outgoing connection will not get, and is none of those taken.

        CannotStart when there is none.
        """
        for port in random.sample(_INSIDE, len(_INSIDE)):
            if port not in self._taken and _keep(port):
                self._taken.add(port)
                return port
        raise CannotStart("No free port was found on 127.0.0.1 between 20000 and 32000.")


def _keep(port: int) -> bool:
    """Whether the port was free, and from now on is found free only by a server that is told to take it."""
    with socket.socket() as bound:
        try:
            bound.bind(("127.0.0.1", port))
        except OSError:
            return False
        # Linux lets a server bind beside a socket that does not listen, if both allow it. Elsewhere it could not.
        if sys.platform == "linux":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.detach()
    return True


def reachable(host: str) -> str:
    """Where this machine reaches what listens on `host`."""
    return _EVERYWHERE.get(host, host)


def public_port(text: str, host: str) -> int:
    """The number in PORT, if it can be listened on; CannotStart with the reason otherwise."""
    if not re.fullmatch("[0-9]{1,5}", text) or not 0 < int(text) < 65536:
        raise CannotStart(f"PORT is {text!r}; it must be a number from 1 to 65535.")
    no_such_host = CannotStart(f"HOST is {host!r}, which is no address of this machine.")
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, int(text), type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise no_such_host from None
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise no_such_host from None
            reason = {errno.EADDRINUSE: "is taken", errno.EACCES: "needs more rights than you have"}.get(
                error.errno or 0, f"can't be used ({error.strerror})"
            )
            raise CannotStart(f"Port {text} {reason}; set PORT to another one, for example PORT=8010.") from None
    return int(text)
