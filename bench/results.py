"""A run's figures as JSON, in a file named after the machine; git keeps the earlier ones."""

import json
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import machine
from bench.build import HERE
from bench.rows import Row

FOLDER = HERE / "results"


def save(rows: Sequence[Row], seconds: float) -> Path:
    """Write the run, over the last one of this kind of machine."""
    path = FOLDER / f"{machine.file_name()}.json"
    run = {
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": _commit(),
        "seconds": round(seconds),
        "machine": machine.described(),
        "rows": [_entry(row) for row in rows],
    }
    path.write_text(json.dumps(run, indent=1) + "\n")
    return path


def _entry(row: Row) -> dict[str, object]:
    return {
        "scenario": row.scenario,
        "name": row.name,
        "unit": row.unit,
        "median": {server: _short(row.value(server) or 0) for server in row.samples},
        "rounds": {server: [_short(value) for value in values] for server, values in row.samples.items()},
        "ratio": {peer: _short(ratio) for peer in ("c", "tutorial") if (ratio := row.ratio(peer)) is not None},
        "target": str(row.target) if row.target else None,
        "met": row.met(),
        **row.detail,
    }


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _commit() -> str:
    asked = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=HERE, capture_output=True, text=True, timeout=10, check=False
    )
    return asked.stdout.strip() or "unknown"
