"""Each thing that the doctor looks at, really broken."""

import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.doctor.broker import broker
from deploy.doctor.databases import clocks, dead_letters, epoch, migrations
from deploy.doctor.machine import data_folder, open_files, python, secrets
from deploy.doctor.patient import EVERYBODY, Finding, Patient
from deploy.doctor.services import services
from deploy.local.credentials import load_or_make
from deploy.nats.config import server_config
from deploy.places import Places
from shared.migrations import upgrade
from shared.testing.nats import NatsServer, binary
from shared.testing.postgres import Postgres
from shared.testing.processes import free_port
from shared.testing.waiting import eventually

PASSWORDS = {name: f"the password of {name}" for name in EVERYBODY}


def _patient(folder: Path, urls: Mapping[str, str] | None = None, **databases: str) -> Patient:
    places = Places(folder, {**Places.told(folder, {}).databases, **databases})
    return Patient(places, urls or {}, PASSWORDS)


def _wrong(findings: Iterator[Finding]) -> dict[str, str]:
    return {finding.about: f"{finding.says} → {finding.advice}" for finding in findings if finding.advice}


@contextmanager
def _nats(folder: Path, passwords: Mapping[str, str]) -> Iterator[str]:
    port = free_port()
    config = folder / "nats.conf"
    config.write_text(server_config("127.0.0.1", port, folder / "store", dict(passwords)))
    with _served([binary(), "-c", str(config)]):
        yield f"nats://127.0.0.1:{port}"


@contextmanager
def _served(command: list[str]) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


async def test_users_that_the_broker_does_not_know_by_this_password_are_named(tmp_path: Path) -> None:
    with _nats(tmp_path, {**PASSWORDS, "rooms": "another"}) as url:
        patient = _patient(tmp_path, {"nats": url})
        await eventually(lambda: not {"nats"} & _wrong(broker(patient)).keys())
        wrong = _wrong(broker(patient))
    assert wrong.keys() == {"nats user rooms"}
    assert wrong["nats user rooms"].startswith("authorization violation → The server has another password")
    assert _wrong(broker(patient)).keys() == {"nats"}  # it is gone by now


async def test_a_broker_without_jetstream_is_named(tmp_path: Path) -> None:
    port = free_port()
    with _served([binary(), "-a", "127.0.0.1", "-p", str(port)]):
        patient = Patient(_patient(tmp_path).places, {"nats": f"nats://127.0.0.1:{port}"}, {})
        await eventually(lambda: _wrong(broker(patient)).keys() == {"jetstream"})


def test_a_healthy_broker_is_that(tmp_path: Path, nats_server: NatsServer) -> None:
    assert _wrong(broker(_patient(tmp_path, {"nats": nats_server.url}))) == {}


def test_what_listens_at_a_port_but_is_something_else_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        at = f"127.0.0.1:{taken.getsockname()[1]}"
        taken.close()
        patient = _patient(tmp_path, {"nats": f"nats://{at}", "auth": f"http://{at}"})
        assert f"no NATS server answers at {at}" in _wrong(broker(patient))["nats"]
        assert f"does not answer at http://{at}" in _wrong(services(patient))["auth"]


@pytest.mark.parametrize("mode", [0o755, 0o701])
def test_a_folder_that_others_may_enter_is_named(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    assert "is open to others → chmod 700" in _wrong(data_folder(_patient(tmp_path)))["data folder"]
    tmp_path.chmod(0o700)
    assert _wrong(data_folder(_patient(tmp_path))) == {}
    assert "No such file" in _wrong(data_folder(_patient(tmp_path / "nowhere")))["data folder"]


def test_secrets_that_others_can_read_are_named(tmp_path: Path) -> None:
    patient = _patient(tmp_path)
    assert _wrong(secrets(patient)) == {}
    load_or_make(patient.places.secrets)
    assert _wrong(secrets(patient)) == {}
    patient.places.secrets.chmod(0o644)
    assert "Others can read it" in _wrong(secrets(patient))["secrets"]
    patient.places.secrets.write_text("{")
    assert "not JSON" in _wrong(secrets(patient))["secrets"]


def test_databases_that_are_missing_damaged_or_old_are_named(tmp_path: Path, postgres: Postgres) -> None:
    healthy = f"sqlite:///{tmp_path}/rooms.sqlite3"
    upgrade(healthy, "services.rooms:migrations")
    (tmp_path / "auth.sqlite3").write_bytes(b"this is not a database" * 100)
    patient = _patient(
        tmp_path,
        rooms=healthy,
        auth=f"sqlite:///{tmp_path}/auth.sqlite3",
        files=postgres.create_database(),
        messaging="postgresql://nobody:a-secret-word@127.0.0.1:1/none",
    )
    wrong = _wrong(migrations(patient))
    assert wrong.keys() == {f"database of {name}" for name in ("auth", "files", "moderation", "messaging")}
    assert "file is not a database" in wrong["database of auth"]
    assert "was never migrated" in wrong["database of files"]
    assert "there is none at" in wrong["database of moderation"]
    assert "a-secret-word" not in "".join(wrong.values())
    assert not (tmp_path / "moderation").exists()
    assert (_wrong(dead_letters(patient)), _wrong(epoch(patient)), _wrong(clocks(patient))) == ({}, {}, {})


def test_this_machine_is_one_that_tests_can_run_on(tmp_path: Path) -> None:
    patient = _patient(tmp_path)
    assert _wrong(python(patient)) | _wrong(open_files(patient)) == {}
