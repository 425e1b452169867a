"""Data that knows what its producer promised, and complains when a reader looks for anything else."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from shared.testing.contract.committed import Schema

UNKNOWN = {"a_field_of_tomorrow": {"nested": [1]}}


class Unpromised(AssertionError):
    """A reader wants a field that the producer's committed schema does not have."""


class Promised(dict[str, Any]):
    """An object of an event's; reading it by a name that is not in its schema raises."""

    def __init__(self, value: Mapping[str, Any], schema: Schema, root: Schema) -> None:
        self.schema, self.root = schema, root
        fields = schema.get("properties", {})
        super().__init__({name: promised(part, fields.get(name, {}), root) for name, part in value.items()})
        if fields:
            self.update(UNKNOWN)

    def __getitem__(self, name: str) -> Any:
        self._check(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._check(name)
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """As of a dict."""
        self._check(name)
        return super().get(name, default)

    def _check(self, name: object) -> None:
        fields = self.schema.get("properties")
        if fields is not None and name not in fields and name not in UNKNOWN:
            raise Unpromised(f"{name!r} is not promised by {self.root.get('title')}")


def promised(value: Any, schema: Schema, root: Schema) -> Any:
    """`value`, which is an instance of `schema`, with every object in it watched."""
    if isinstance(value, dict):
        return Promised(value, next(_of_type("object", schema, root), {}), root)
    if isinstance(value, list):
        items = next(_of_type("array", schema, root), {}).get("items", {})
        return [promised(part, items, root) for part in value]
    return value


@contextmanager
def models_watched() -> Iterator[None]:
    """While in it, a model that validates promised data may have no field that was not promised."""
    validate = BaseModel.model_validate.__func__  # type: ignore[attr-defined]

    def watched(cls: type[BaseModel], value: Any, *args: Any, **options: Any) -> Any:
        if isinstance(value, Promised):
            _compare(cls, value.schema, value.root)
        return _still_watched(validate(cls, value, *args, **options), value)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseModel, "model_validate", classmethod(watched))
        yield


def _still_watched(model: Any, value: Any) -> Any:
    """Pydantic copies what it takes as a plain dict; the copy is watched like the original."""
    if isinstance(model, BaseModel) and isinstance(value, dict):
        for name, part in model.__dict__.items():
            given = dict.get(value, name)
            model.__dict__[name] = given if type(part) is dict else _still_watched(part, given)
    return model


def _compare(model: type[BaseModel], schema: Schema, root: Schema) -> None:
    fields = schema.get("properties", {})
    for name, field in model.model_fields.items():
        name = field.alias or name
        if name not in fields:
            raise Unpromised(f"{model.__name__}.{name} is not promised by {root.get('title')}")
        for inner in _models_in(field.annotation):
            parts = [*_of_type("object", fields[name], root)]
            parts += [part for each in _of_type("array", fields[name], root) for part in _objects_in(each, root)]
            for part in parts:
                _compare(inner, part, root)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _objects_in(array: Schema, root: Schema) -> Iterator[Schema]:
    return _of_type("object", array.get("items", {}), root)


def _of_type(kind: str, schema: Schema, root: Schema) -> Iterator[Schema]:
    if "$ref" in schema:
        yield from _of_type(kind, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root)
    for part in schema.get("anyOf") or schema.get("oneOf") or ():
        yield from _of_type(kind, part, root)
    if schema.get("type") == kind:
        yield schema
