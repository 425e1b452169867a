"""What services have committed to, read by path: nobody imports a producer to know what it promises."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
SERVICES = ROOT / "services"
RELEASED = ROOT / "contract" / "released"
Schema = dict[str, Any]
_PATIENCE = 60


@cache
def events_of(service: str) -> dict[str, Schema]:
    """The schema of each event that the service promises, by type; nothing for who is no service of ours."""
    files = sorted((SERVICES / service / "contract" / "events").glob("*.json"))
    return {file.stem: json.loads(file.read_text("utf-8")) for file in files}


@cache
def released_events_of(service: str) -> dict[str, Schema]:
    """The same as it was when the service was last released."""
    files = sorted((RELEASED / service / "events").glob("*.json"))
    return {file.stem: json.loads(file.read_text("utf-8")) for file in files}


@cache
def methods_of(service: str) -> dict[str, Schema]:
    """The schemas of `question` and `answer` of each request that the service serves, by method."""
    files = sorted((SERVICES / service / "contract" / "rpc").glob("*.json"))
    return {file.stem: json.loads(file.read_text("utf-8")) for file in files}


@cache
def released_methods_of(service: str) -> dict[str, Schema]:
    """The same as it was when the service was last released."""
    files = sorted((RELEASED / service / "rpc").glob("*.json"))
    return {file.stem: json.loads(file.read_text("utf-8")) for file in files}


def openapi_of(service: str) -> Schema:
    """The service's OpenAPI document."""
    document: Schema = json.loads((SERVICES / service / "contract" / "openapi.json").read_text("utf-8"))
    return document


def contract_of(folder: Path) -> dict[str, str]:
    """Every file of the contract in this folder, by its path inside."""
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.json"))}


def generated_contract(service: str, folder: Path) -> dict[str, str]:
    """What `python -m services.<service> contract` writes, in a copy of the sources under `folder`."""
    unwanted = shutil.ignore_patterns("tests", "__pycache__", "*.sqlite3")
    for part in ("shared", "services"):
        shutil.copytree(ROOT / part, folder / part, ignore=unwanted)
    if service != "gateway":  # the gateway's is made of the others'
        shutil.rmtree(folder / "services" / service / "contract")
    command = [sys.executable, "-B", "-m", f"services.{service}", "contract"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return contract_of(folder / "services" / service / "contract")


def objects(schema: Any, where: str = "") -> Iterator[tuple[str, Schema]]:
    """Every schema of an object with named fields in a schema, with the place it was found at."""
    if isinstance(schema, list):
        for number, part in enumerate(schema):
            yield from objects(part, f"{where}/{number}")
    elif isinstance(schema, dict):
        if "properties" in schema and isinstance(schema["properties"], dict):
            yield where, schema
        for name, part in schema.items():
            yield from objects(part, f"{where}/{name}")
