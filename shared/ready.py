"""`python -I -S shared/ready.py`: ends with 0 when the process on this machine's PORT says that it is ready.

For the health checks of images, every few seconds: so only what the interpreter has loaded anyway, and sockets.
"""

import os
import socket
import sys

_PATIENCE = 4.0  # a bit longer than /readyz takes at most
_REQUEST = b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


def is_ready(port: int) -> bool:
    """Whether /readyz answers 200."""
    try:
        with socket.create_connection(("127.0.0.1", port), _PATIENCE) as connection:
            connection.sendall(_REQUEST)
            return connection.recv(64).startswith(b"HTTP/1.1 200 ")
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(not is_ready(int(os.environ["PORT"])))
