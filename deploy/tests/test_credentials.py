"""Secrets of a local run: made once, the owner's alone, and second to what the environment says."""

import json
from pathlib import Path

import pytest

from deploy.local.credentials import load_or_make
from deploy.local.folder import CannotStart

_TOLD = ("SECRET_KEY", "AUTH_ADMIN_USERNAME", "AUTH_ADMIN_PASSWORD")


@pytest.fixture(autouse=True)
def _told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _TOLD:
        monkeypatch.delenv(name, raising=False)


def test_they_are_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    made, first = load_or_make(path)
    again, second = load_or_make(path)
    assert (first, second) == (True, False)
    assert made == again
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["secrets.json"]


def test_no_two_are_alike_and_none_is_short(tmp_path: Path) -> None:
    made, _ = load_or_make(tmp_path / "secrets.json")
    every = [made.secret_key, *made.caller_secrets.values(), *made.nats_passwords.values()]
    assert len(set(every)) == len(every) == 12
    assert min(map(len, every)) >= 48
    assert len(made.admin_password) >= 20


def test_the_environment_goes_first_and_is_not_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secrets.json"
    for name in _TOLD:
        monkeypatch.setenv(name, f"{name} of the environment")
    told, _ = load_or_make(path)
    assert [told.secret_key, told.admin_username, told.admin_password] == [
        f"{name} of the environment" for name in _TOLD
    ]
    assert "environment" not in path.read_text()
    for name in _TOLD:
        monkeypatch.delenv(name)
    kept, _ = load_or_make(path)
    assert kept.admin_username == "admin"
    assert kept.caller_secrets == told.caller_secrets


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null", '{"a": 1}'])
def test_a_damaged_file_is_said_to_be(tmp_path: Path, text: str) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(text)
    with pytest.raises(CannotStart, match=r"secrets\.json is damaged; restore it"):
        load_or_make(path)
    assert path.read_text() == text


@pytest.mark.parametrize("missing", ["caller_secrets", "nats_passwords"])
def test_a_file_without_all_services_is_damaged(tmp_path: Path, missing: str) -> None:
    path = tmp_path / "secrets.json"
    made, _ = load_or_make(path)
    kept = json.loads(path.read_text())
    del kept[missing]["files"]
    path.write_text(json.dumps(kept))
    with pytest.raises(CannotStart, match="is damaged") as refused:
        load_or_make(path)
    assert made.secret_key not in str(refused.value)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"Can't write .*secrets.json"):
        load_or_make(tmp_path / "not there" / "secrets.json")
