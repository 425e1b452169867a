"""Settings: read once, strict about secrets, silent about their values."""

from pathlib import Path

import pytest
from pydantic import ValidationError

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


def test_secrets_may_be_in_files_and_the_environment_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "caller_secret").write_text(f"{SECRET}\n")
    (tmp_path / "nats_password").write_text("of the file")
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    settings = ServiceSettings()
    assert settings.caller_secret.get_secret_value() == SECRET
    assert settings.nats_password.get_secret_value() == "of the file"
    monkeypatch.setenv("NATS_PASSWORD", "of the environment")
    assert ServiceSettings().nats_password.get_secret_value() == "of the environment"
