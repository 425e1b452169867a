"""Settings that make no sense stop the start, and what is not configured is not loaded."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from services.files.settings import Settings
from services.files.which_store import store_of
from shared.testing.plugin import CALLER_SECRET

_LOADED = """
import sys
from services.files.app import create_app
from services.files.settings import Settings
from shared.main import stand_in_settings

create_app(stand_in_settings(Settings))
print(*sorted({"PIL", "minio", "blurhash", "urllib3"} & set(sys.modules)))
"""


def settings_with(**more: Any) -> Settings:
    return Settings(database_url="sqlite:///x", caller_secret=CALLER_SECRET, **more)


@pytest.mark.parametrize(
    "endpoint", ["s3.example.org", "ftp://s3.example.org", "https://", "https://a/b", "https://key:secret@a", "x"]
)
def test_an_endpoint_is_a_scheme_and_a_host(endpoint: str) -> None:
    for name in ("files_s3_endpoint", "files_s3_public_endpoint"):
        with pytest.raises(ValidationError):
            settings_with(**{name: endpoint})


def test_secrets_are_not_shown() -> None:
    told = settings_with(files_s3_access_key="the-key-id", files_s3_secret_key="the-secret-key")
    assert "the-key-id" not in repr(told)
    assert "the-secret-key" not in repr(told)


def test_where_contents_are_kept(tmp_path: Path) -> None:
    assert type(store_of(settings_with(files_root=tmp_path))).__name__ == "LocalBlobs"
    bucket = store_of(settings_with(files_root=tmp_path, files_s3_endpoint="https://s3.example.org"))
    assert type(bucket).__name__ == "S3Blobs"


def test_a_process_has_only_loaded_what_it_needs() -> None:
    loaded = subprocess.run([sys.executable, "-c", _LOADED], capture_output=True, text=True, check=True, timeout=120)
    assert loaded.stdout.split() == []
