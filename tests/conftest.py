"""One run of the whole product for the tests that need all of it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.testing.failures import unforeseen
from tests.system.parley import Parley

# Some machines ask Python for no bytecode; forty starts of seven processes would then compile everything forty times.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(scope="session")
def parley(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parley]:
    """A running Parley with limits that a test can't trip over; its log must end without a traceback."""
    folder: Path = tmp_path_factory.mktemp("parley")
    off = ("REGISTER", "LOGIN", "LOGIN_ADDRESS", "HTTP", "MESSAGES", "FRAMES", "UPLOADS")
    running = Parley(folder, {f"PARLEY_LIMIT_{name}": "off" for name in off})
    running.start()
    try:
        yield running
    finally:
        status = running.stop()
    assert status == 0, running.log()[-4000:]
    assert not unforeseen(running.log()), unforeseen(running.log())


@pytest.fixture
def base(parley: Parley) -> str:
    """Where its gateway listens."""
    return parley.base
