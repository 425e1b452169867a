"""`python -m deploy.contracts [--check]`: writes every service's contract, or says which ones are out of date."""

import subprocess
import sys
from pathlib import Path

SERVICES = ("auth", "rooms", "messaging", "moderation", "files", "gateway")  # the gateway's is merged from the others'


def main(check: bool) -> int:
    """Write the contracts; with `check`, put back what was there and return 1 if anything differs."""
    stale: list[Path] = []
    for name in SERVICES:
        folder = Path("services") / name / "contract"
        before = _contents(folder)
        written = subprocess.run(
            [sys.executable, "-m", f"services.{name}", "contract"], capture_output=True, text=True, check=False
        )
        if written.returncode:
            print(f"{name}'s contract can't be written:\n{written.stderr}")
            return 1
        after = _contents(folder)
        stale += sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
        if check:
            _restore(before, after)
    if check and stale:
        print("out of date (make contracts):", *stale, sep="\n  ")
    return 1 if check and stale else 0


def _contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _restore(before: dict[Path, bytes], after: dict[Path, bytes]) -> None:
    for path in after.keys() - before.keys():
        path.unlink()
    for path, content in before.items():
        path.write_bytes(content)


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
