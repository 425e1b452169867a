"""The manifest: what a backup holds, and the checksum by which each part is told to be whole."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.places import Refused

NAME = "manifest.json"
FORM = 1
_PIECE = 1024 * 1024


@dataclass(frozen=True)
class Part:
    """One service's database: `revision` is Alembic's, `epoch` and `last` say how far its events had come."""

    kind: str
    file: str
    version: str
    revision: str
    epoch: str
    last: int


@dataclass(frozen=True)
class Manifest:
    """`sums` has the SHA-256 of every file by its path within the backup; `began` is when the first copy began."""

    form: int
    began: str
    python: str
    services: dict[str, Part]
    contents_in_s3: bool
    sums: dict[str, str]

    def write(self, folder: Path) -> None:
        """Last of all: without it the folder is no backup."""
        (folder / NAME).write_text(json.dumps(asdict(self), indent=1))

    @staticmethod
    def read(folder: Path) -> "Manifest":
        """Refused when there is none that this release understands."""
        try:
            told = json.loads((folder / NAME).read_text())
            if told["form"] != FORM:
                raise Refused(f"{folder} was written in form {told['form']}; this release reads form {FORM}.")
            parts = {name: Part(**part) for name, part in told.pop("services").items()}
            return Manifest(services=parts, **told)
        except OSError as error:
            raise Refused(f"{folder} is no backup: {NAME} can't be read ({error.strerror}).") from None
        except (ValueError, TypeError, KeyError, AttributeError):
            raise Refused(f"{folder} is no backup: {NAME} is damaged.") from None

    def check(self, folder: Path) -> None:
        """Refused when a file is missing or is not what was written."""
        for name, wanted in self.sums.items():
            path = folder / name
            if not path.is_file():
                raise Refused(f"{name} is missing from the backup.")
            if checksum(path) != wanted:
                raise Refused(f"{name} is damaged: its checksum is another than the manifest's.")


def checksum(path: Path) -> str:
    """SHA-256, in hexadecimal."""
    total = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            total.update(piece)
    return total.hexdigest()


def checksums(folder: Path) -> dict[str, str]:
    """Of every file below the folder, by its path within it."""
    return {str(path.relative_to(folder)): checksum(path) for path in sorted(folder.rglob("*")) if path.is_file()}
