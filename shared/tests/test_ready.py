"""The health check of images: 0 only for a process that says it is ready."""

import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import shared.ready

PROGRAM = [sys.executable, "-I", "-S", str(Path(shared.ready.__file__))]


def status_when_told(answer: bytes) -> int:
    """Its exit status when the process on that port answers so."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_answer_once, args=(server, answer))
        thread.start()
        done = subprocess.run(PROGRAM, env={"PORT": str(server.getsockname()[1])}, timeout=30, check=False)
        thread.join()
    return done.returncode


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", 0),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", 1),
        (b"HTTP/1.1 2000\r\n\r\n", 1),
        (b"", 1),
    ],
    ids=("ready", "not ready", "nonsense", "nothing"),
)
def test_ready_is_200(answer: bytes, status: int) -> None:
    assert status_when_told(answer) == status


def test_nobody_there_is_not_ready() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        done = subprocess.run(PROGRAM, env={"PORT": str(probe.getsockname()[1])}, timeout=30, check=False)
    assert done.returncode == 1


def _answer_once(server: socket.socket, answer: bytes) -> None:
    connection, _ = server.accept()
    with connection:
        assert connection.recv(1024).startswith(b"GET /readyz HTTP/1.1\r\n")
        connection.sendall(answer)
