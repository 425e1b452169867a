"""The data folder: one run's alone, its owner's alone, and never somebody else's."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.folder import CannotStart, Folder

_HOLDER = """
import sys
from pathlib import Path
from deploy.local.folder import Folder
Folder(Path(sys.argv[1])).take()
print("held", flush=True)
sys.stdin.read()
"""


def test_it_is_made_for_its_owner_only(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "a" / "var")
    folder.take()
    inside = folder.inside("files", "blobs")
    assert [path.stat().st_mode & 0o777 for path in (folder.path, inside)] == [0o700, 0o700]


def test_a_second_run_is_told_who_has_it_and_a_killed_one_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "var"
    command = [sys.executable, "-c", _HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
        with pytest.raises(CannotStart, match=f"runs already in .*process {holder.pid}.*stop it first"):
            Folder(path).take()
        holder.kill()
        holder.wait(10)
    Folder(path).take()


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotStart, match=r"^Can't write to .*file/var .*set VAR_DIR to a folder you own"):
        Folder(tmp_path / "file" / "var").take()


def test_a_folder_of_somebody_elses_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(CannotStart, match="holds something else; set VAR_DIR"):
        Folder(tmp_path).take()
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "var")
    folder.take()
    (folder.path / "nats").touch()
    with pytest.raises(CannotStart, match=r"Can't make the folder .*nats"):
        folder.inside("nats")
