"""A service's contract, generated and committed: its OpenAPI document, and a JSON schema for each event it records."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI

if TYPE_CHECKING:
    from shared.events import Event


def contract_files(app: FastAPI, events: Sequence[type["Event"]]) -> dict[str, str]:
    """Every file of the contract: its path inside the folder, and its text."""
    files = {"openapi.json": _text(app.openapi())}
    for event in events:
        files[f"events/{event.thing}.{event.name}.json"] = _text(event.model_json_schema(mode="serialization"))
    return files


def written_contract(folder: Path) -> dict[str, str]:
    """What is committed, in the form of `contract_files`, for the test that compares them."""
    files = sorted(folder.rglob("*.json"))
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in files}


def write_contract(app: FastAPI, events: Sequence[type["Event"]], folder: Path) -> None:
    """Write the contract, and remove what is no longer part of it."""
    files = contract_files(app, events)
    for stale in written_contract(folder).keys() - files.keys():
        (folder / stale).unlink()
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
