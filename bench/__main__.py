"""`python -m bench`: measure, show, and keep the figures of a whole run."""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench import build, report, results
from bench.failed import Failed
from bench.lab import Lab
from bench.rows import Row
from bench.scenarios import SCENARIOS

_ROUNDS = {"quick": 1, "usual": 3, "full": 3}
_SECONDS = {"quick": 1.0, "usual": 1.5, "full": 4.0}


def main() -> int:
    """The exit status: 0 when all was measured, whatever came out; 1 when something could not be."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers are stopped then, too
    keep = not asked.only and asked.size != "quick"
    begun = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="parley-bench-"))
    try:
        build.wsload()
        rounds, seconds = _ROUNDS[asked.size], _SECONDS[asked.size]
        with Lab(folder, rounds=rounds, seconds=seconds, size=asked.size, keep=keep) as lab:
            rows, failed = _measure(lab, asked.only or list(SCENARIOS), begun)
    except Failed as problem:
        print(f"bench: {problem}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    took = time.monotonic() - begun
    print(f"\n{report.table(rows)}\n\nmedians of {_ROUNDS[asked.size]}; {took:.0f} s")
    if keep:
        print(f"kept in {results.save(rows, took)}")
    return 1 if failed else 0


def _measure(lab: Lab, names: Sequence[str], begun: float) -> tuple[list[Row], list[str]]:
    """All rows, and the scenarios that could not be run to their end."""
    rows: list[Row] = []
    failed: list[str] = []
    for name in names:
        print(f"{name} ({time.monotonic() - begun:.0f} s)", flush=True)
        try:
            for row in SCENARIOS[name](lab):
                rows.append(row)
                print(report.progress(row), flush=True)
        except Failed as problem:
            failed.append(name)
            print(f"bench: {name}: {problem}", file=sys.stderr)
        if lab.keep:  # now, because a run that is interrupted has measured something, too
            results.save(rows, time.monotonic() - begun)
    return rows, failed


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=SCENARIOS, help="this scenario alone (may be repeated)")
    size = parser.add_mutually_exclusive_group()
    parser.set_defaults(size="usual")
    size.add_argument("--quick", dest="size", action="store_const", const="quick", help="one short round, not kept")
    size.add_argument("--full", dest="size", action="store_const", const="full", help="longer, up to 10^6 messages")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
