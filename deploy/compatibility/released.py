"""What each service promised when it was last released, and the versions that a change may have."""

import ast
import json
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.compatibility.messages import Break, Files, broken_events, broken_frames, broken_methods
from deploy.compatibility.routes import broken_routes

ROOT = Path(__file__).parents[2]
Version = tuple[int, int, int]


@dataclass(frozen=True)
class Promise:
    """A contract with the version it belongs to; `schema` is the newest migration that this version knows."""

    version: str
    schema: str
    files: Files


def current(service: str, root: Path = ROOT) -> Promise:
    """What the committed contract says now."""
    folder = root / "services" / service
    version = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    return Promise(version, newest_migration(folder), _documents(folder / "contract"))


def released(service: str, root: Path = ROOT) -> Promise | None:
    """What was promised at the last release; None for a service that was never released."""
    folder = root / "contract" / "released" / service
    if not folder.is_dir():
        return None
    files = dict(_documents(folder))
    told = files.pop("release.json")
    return Promise(told["version"], told["schema"], files)


def release(service: str, root: Path = ROOT) -> None:
    """Make the committed contract the released one."""
    folder = root / "contract" / "released" / service
    promise = current(service, root)
    shutil.rmtree(folder, ignore_errors=True)
    unwanted = shutil.ignore_patterns("openapi.json") if service == "gateway" else None
    shutil.copytree(root / "services" / service / "contract", folder, ignore=unwanted)
    if service == "gateway":  # of the merged document only its own operations: the others' are in their own contracts
        own = json.loads((root / "services" / service / "contract" / "openapi.json").read_text("utf-8"))
        (folder / "openapi.json").write_text(_text(_own_part(own)), "utf-8")
    (folder / "release.json").write_text(_text({"version": promise.version, "schema": promise.schema}), "utf-8")


def breaks(service: str, before: Promise, now: Promise) -> list[Break]:
    """All that whoever relies on `before` can't rely on any more."""
    tag = "gateway" if service == "gateway" else None
    found = [
        *broken_routes(before.files["openapi.json"], now.files["openapi.json"], tag),
        *broken_events(before.files, now.files),
        *broken_methods(before.files, now.files),
    ]
    if "asyncapi.json" in before.files:
        found += broken_frames(before.files["asyncapi.json"], now.files["asyncapi.json"])
    return list(dict.fromkeys(found))


def may_break(before: str, now: str) -> bool:
    """Whether the step from one version to the other announces a break: the major number, or below 1.0 the minor."""
    old, new = version_of(before), version_of(now)
    return new[0] > old[0] or (old[0] == new[0] == 0 and new[1] > old[1])


def version_of(text: str) -> Version:
    """Its three numbers; ValueError for anything else."""
    major, minor, patch = map(int, text.split("."))
    return major, minor, patch


def newest_migration(folder: Path) -> str:
    """The revision of the service's last migration; empty for a service without a database. Nothing is imported."""
    revisions: dict[str, str | None] = {}
    for script in sorted((folder / "migrations" / "versions").glob("*.py")):
        said = dict(_constants(script))
        revisions[said["revision"]] = said["down_revision"]
    heads = revisions.keys() - set(revisions.values())
    return min(heads, default="")


def _constants(script: Path) -> Iterator[tuple[str, Any]]:
    for line in ast.parse(script.read_text("utf-8")).body:
        target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
        value = getattr(line, "value", None)
        if isinstance(target, ast.Name) and isinstance(value, ast.Constant):
            yield target.id, value.value


def _own_part(document: Any) -> Any:
    own: dict[str, Any] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if "gateway" in operation.get("tags", ()):
                own.setdefault(path, {})[method] = operation
    return {**document, "paths": own}


def _documents(folder: Path) -> Files:
    return {path.relative_to(folder).as_posix(): _read(path) for path in sorted(folder.rglob("*.json"))}


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _text(document: Any) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
