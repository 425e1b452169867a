"""The command line: one clear sentence for what is wrong, and the process it starts stops when it is told to."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from shared.main import service_main, stand_in_settings
from shared.settings import DatabaseSettings, ProcessSettings, ServiceSettings
from shared.testing.failures import unforeseen
from shared.tests import toy

ROOT = Path(__file__).parents[2]
PROGRAM = """
from shared.main import service_main
from shared.settings import ServiceSettings
from shared.tests.toy import router
from shared.app import create_app
make = lambda settings: create_app(service="toy", version="1", settings=settings, routers=[router], parts=[])
service_main("toy", ServiceSettings, make)
"""


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str, **options: object) -> int:
    monkeypatch.setattr(sys, "argv", ["toy", *arguments])
    monkeypatch.setattr("shared.logs.configure", lambda *_, **__: None)
    try:
        service_main("toy", ServiceSettings, lambda _: toy.app, **options)  # type: ignore[arg-type]
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


@pytest.mark.parametrize(
    ("secret", "sentence"),
    [
        (None, "toy: CALLER_SECRET is not set.\n"),
        ("", "toy: CALLER_SECRET must have at least 32 bytes.\n"),
        ("hunter2", "toy: CALLER_SECRET must have at least 32 bytes.\n"),
    ],
)
def test_a_wrong_setting_is_one_sentence_and_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], secret: str | None, sentence: str
) -> None:
    monkeypatch.delenv("CALLER_SECRET", raising=False)
    if secret is not None:
        monkeypatch.setenv("CALLER_SECRET", secret)
    assert run(monkeypatch, "serve") == 2
    assert capsys.readouterr().err == sentence


def test_several_wrong_settings_are_all_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", "hunter2")
    monkeypatch.delenv("CALLER_SECRET", raising=False)
    assert run(monkeypatch) == 2
    said = capsys.readouterr().err
    assert "PORT" in said
    assert "CALLER_SECRET" in said
    assert "hunter2" not in said


def test_an_unknown_command_shows_the_known_ones(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "explode", commands={"greet": lambda *_: None}) == 2
    assert capsys.readouterr().err == "usage: python -m services.toy [serve|contract|greet]\n"


def test_an_extra_command_gets_settings_and_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLER_SECRET", toy.SECRET)
    seen: list[object] = []

    async def greet(settings: ServiceSettings, arguments: list[str]) -> int:
        seen.extend([settings.host, *arguments])
        return 3

    assert run(monkeypatch, "greet", "Zoë", commands={"greet": greet}) == 3
    assert seen == ["127.0.0.1", "Zoë"]


def test_another_server_may_take_the_place_of_the_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLER_SECRET", toy.SECRET)
    seen: list[ProcessSettings] = []
    assert run(monkeypatch, serve=seen.append) == 0
    assert len(seen) == 1


def test_the_contract_needs_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CALLER_SECRET", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert stand_in_settings(DatabaseSettings).database_url.startswith("sqlite:///")
    assert stand_in_settings(ServiceSettings).port == 0


def test_a_process_says_where_it_listens_serves_and_stops_with_0(tmp_path: Path) -> None:
    environment = os.environ | {"CALLER_SECRET": toy.SECRET, "PYTHONPATH": str(ROOT), "PARLEY_INSTANCE": "me"}
    log = tmp_path / "log"
    with log.open("w") as file:
        process = subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, stderr=file)
    try:
        deadline = time.monotonic() + 60
        while "listening" not in log.read_text():
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        port = int(log.read_text().partition('"port":')[2].partition(",")[0])
        assert httpx.get(f"http://127.0.0.1:{port}/readyz").json()["instance"] == "me"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()
    assert not unforeseen(log.read_text())
    assert log.read_text().rstrip().endswith("}") and "stopped" in log.read_text()


def test_what_is_big_and_not_asked_for_is_not_loaded_but_can_be() -> None:
    program = """
import sys
import shared.bus, shared.logs
assert not {"rich", "aiohttp", "alembic", "jwt", "cryptography"} & sys.modules.keys()
import aiohttp, rich
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
