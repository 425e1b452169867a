"""Settings: read once, strict about secrets, silent about their values."""

from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsError

from shared.settings import DatabaseSettings, ServiceSettings

SECRET = "0123456789abcdef0123456789abcdef"
WEAK = ["", "short", "a" * 31, "x" * 64, "abcabcabcabcabcabcabcabcabcabcabcabc", "please-change-me-0123456789abcdefgh"]


@pytest.mark.parametrize("secret", WEAK)
def test_a_weak_secret_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ServiceSettings(caller_secret=secret)
    assert not secret or f"'{secret}'" not in str(caught.value)


def test_names_are_field_names_in_upper_case(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"PORT": "8123", "CALLER_SECRET": SECRET, "PARLEY_INSTANCE": "child-1", "NATS_PASSWORD": "canary-1"}
    for name, value in (environment | {"DATABASE_URL": "postgresql://u:canary-2@host/db"}).items():
        monkeypatch.setenv(name, value)
    settings = DatabaseSettings()
    assert (settings.port, settings.instance) == (8123, "child-1")
    assert settings.caller_secret.get_secret_value() == SECRET
    for shown in (repr(settings), str(settings)):
        assert not any(secret in shown for secret in (SECRET, "canary-1", "canary-2"))


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        setattr(ServiceSettings(caller_secret=SECRET), "port", 1)  # noqa: B010


def test_a_setting_may_stand_in_a_file_and_the_environment_goes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files = {"caller_secret": f"{SECRET}\n", "database_url": "postgresql://u:p@host/db", "nats_user": "file"}
    for name, value in files.items():
        (tmp_path / name).write_text(value)
    for name in ("CALLER_SECRET", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("NATS_USER", "environment")
    settings = DatabaseSettings()
    assert (settings.database_url, settings.nats_user) == ("postgresql://u:p@host/db", "environment")
    assert settings.caller_secret.get_secret_value() == SECRET


def test_a_folder_of_secrets_that_is_not_there_stops_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(SettingsError, match="SECRETS_DIR is no folder"):
        ServiceSettings(caller_secret=SECRET)
