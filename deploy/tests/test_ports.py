"""The public port: ours to take, or one sentence why not."""

import socket
import sys

import pytest

from deploy.local.folder import CannotStart
from deploy.local.ports import Ports, public_port, reachable
from shared.testing.processes import free_port


def test_ports_of_one_run_differ() -> None:
    ports = Ports()
    assert len({ports.free() for _ in range(20)}) == 20


def test_without_a_free_port_a_run_says_so() -> None:
    with pytest.raises(CannotStart, match="No free port was found"):
        Ports(range(20_000, 32_000)).free()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems let nobody bind beside")
def test_a_port_is_kept_for_the_program_that_starts_and_starts_again_on_it() -> None:
    port = Ports().free()
    others = set(range(20_000, 32_000)) - {port}
    for _ in range(2):
        with pytest.raises(CannotStart):
            Ports(others).free()
        with socket.create_server(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)):
            with pytest.raises(CannotStart):
                Ports(others).free()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))


def test_a_free_port_is_taken_and_left_free() -> None:
    port = free_port()
    assert public_port(str(port), "127.0.0.1") == port
    assert public_port(str(port), "localhost") == port


def test_a_port_that_somebody_listens_on_is_said_to_be_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=f"^Port {port} is taken; set PORT to another one"):
            public_port(str(port), "127.0.0.1")
        with pytest.raises(CannotStart, match="is taken"):
            public_port(str(port), "0.0.0.0")


@pytest.mark.parametrize("text", ["http", "0", "65536", "-1", "8000 ", "²", "8_000", "9" * 5000])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(CannotStart, match="it must be a number from 1 to 65535"):
        public_port(text, "127.0.0.1")


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1", "a b", "x" * 300])
def test_a_host_that_is_not_here_is_named(host: str) -> None:
    with pytest.raises(CannotStart, match="which is no address of this machine"):
        public_port(str(free_port()), host)


def test_what_listens_everywhere_is_reached_by_loopback() -> None:
    assert [reachable(host) for host in ("0.0.0.0", "::", "127.0.0.1", "chat.test")] == [
        "127.0.0.1",
        "::1",
        "127.0.0.1",
        "chat.test",
    ]
