"""secrets/: made once, for its owner alone, and every file that is made from others follows them."""

import json
import stat
from pathlib import Path

from deploy.compose.secrets import make
from deploy.nats.permissions import PRODUCERS, ROLES
from shared.settings import DatabaseSettings


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    assert "admin_password" in make(folder)
    first = contents(folder)
    assert make(folder) == []
    assert contents(folder) == first


def test_nobody_else_gets_into_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir(mode=0o755)
    make(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_what_is_missing_is_made_and_what_is_made_from_it_follows(tmp_path: Path) -> None:
    make(tmp_path)
    before = contents(tmp_path)
    (tmp_path / "rooms_nats_password").unlink()
    (tmp_path / "rooms_database_password").write_text("mine")
    assert make(tmp_path) == ["rooms_nats_password"]
    after = contents(tmp_path)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"rooms_nats_password", "rooms_database_password", "rooms_database_url", "nats.conf"}
    assert after["rooms_nats_password"] in after["nats.conf"]
    assert after["rooms_database_url"] == "postgresql://rooms:mine@postgres:5432/rooms"


def test_every_secret_is_another_and_strong_enough(tmp_path: Path) -> None:
    make(tmp_path)
    made = contents(tmp_path)
    assert len(set(made.values())) == len(made)
    assert {f"{name}_nats_password" for name in ROLES} < made.keys()
    [identity] = json.loads(made["seaweedfs.json"])["identities"]
    assert identity["credentials"] == [{"accessKey": made["s3_access_key"], "secretKey": made["s3_secret_key"]}]
    for name in PRODUCERS:
        settings = DatabaseSettings(caller_secret=made[f"{name}_caller_secret"], database_url="sqlite://")
        assert settings.caller_secret.get_secret_value() == made[f"{name}_caller_secret"]
