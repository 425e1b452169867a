"""Secrets go to a program in files that only it may read, and leave with the next start."""

from pathlib import Path

from deploy.local.folder import Folder
from deploy.local.handover import hand_over


def test_files_of_its_own_but_what_the_environment_said_stays_there(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    hand_over(folder, "auth", {"OLD_SECRET": "of the last start"}, ())
    said = hand_over(folder, "auth", {"CALLER_SECRET": "a", "SECRET_KEY": "b"}, {"SECRET_KEY"})
    place = tmp_path / "secrets" / "auth"
    assert said == {"SECRETS_DIR": str(place), "SECRET_KEY": "b"}
    assert {path.name: path.read_text() for path in place.iterdir()} == {"caller_secret": "a"}
    assert [path.stat().st_mode & 0o777 for path in (place, place / "caller_secret")] == [0o700, 0o600]
