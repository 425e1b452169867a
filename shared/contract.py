"""A service's contract, generated and committed: its OpenAPI document, and JSON schemas of the events that it records
and of the requests that it serves on NATS."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI
from pydantic import BaseModel, Field, TypeAdapter

from shared.events import Envelope

if TYPE_CHECKING:
    from shared.events import Event


@dataclass(frozen=True)
class Method:
    """A request over NATS: what is asked and what is answered, each a type that Pydantic knows, or a JSON schema."""

    question: Any
    answer: Any

    def document(self) -> dict[str, Any]:
        """As it is committed."""
        return {"question": _schema(self.question, "validation"), "answer": _schema(self.answer, "serialization")}


class OutboxQuestion(BaseModel):
    """The events after an id, so many at most."""

    after: Annotated[int, Field(ge=0)]
    limit: Annotated[int, Field(ge=1)] = 500


class OutboxPage(BaseModel):
    """Of which epoch, the last id there is, and the events."""

    epoch: str
    last: int
    events: list[Envelope]


OUTBOX = Method(OutboxQuestion, OutboxPage)
"""What every producer serves as `rpc.<service>.outbox`."""


def contract_files(
    app: FastAPI, events: Sequence[type["Event"]], methods: Mapping[str, Method] | None = None
) -> dict[str, str]:
    """Every file of the contract: its path inside the folder, and its text."""
    files = {"openapi.json": _text(app.openapi())}
    for event in events:
        files[f"events/{event.thing}.{event.name}.json"] = _text(event.model_json_schema(mode="serialization"))
    for name, method in (methods or {}).items():
        files[f"rpc/{name}.json"] = _text(method.document())
    return files


def dedented(schema: Any) -> Any:
    """A schema of structs, whose docstrings lose their indentation: Python 3.13 takes it out itself."""
    if isinstance(schema, dict):
        return {key: cleandoc(value) if _is_doc(key, value) else dedented(value) for key, value in schema.items()}
    if isinstance(schema, list | tuple):
        return [dedented(each) for each in schema]
    return schema


def _is_doc(key: str, value: Any) -> bool:
    return key == "description" and isinstance(value, str)


def written_contract(folder: Path) -> dict[str, str]:
    """What is committed, in the form of `contract_files`, for the test that compares them."""
    files = sorted(folder.rglob("*.json"))
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in files}


def write_contract(
    app: FastAPI, events: Sequence[type["Event"]], folder: Path, methods: Mapping[str, Method] | None = None
) -> None:
    """Write the contract, and remove what is no longer part of it."""
    files = contract_files(app, events, methods)
    for stale in written_contract(folder).keys() - files.keys():
        (folder / stale).unlink()
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def _schema(told: Any, mode: Any) -> Mapping[str, Any]:
    if isinstance(told, Mapping):
        return told
    schema: dict[str, Any] = TypeAdapter(told).json_schema(mode=mode)
    return schema


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
