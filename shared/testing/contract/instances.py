"""Instances of a committed schema: everything that its producer may ever send, as far as JSON Schema can say."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from shared.clock import rfc3339
from shared.ids import new_id
from shared.testing.contract.committed import Schema

_INT64 = 2**63
# What no producer of ours can send: parse_json takes neither from a client, and UTF-8 has no lone surrogates.
_TEXT = st.characters(codec="utf-8", exclude_characters="\0")
_IDS = [new_id() for _ in range(5)]
_MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)).map(lambda at: rfc3339(at.replace(tzinfo=UTC)))


def instances(schema: Schema) -> SearchStrategy[Any]:
    """Instances of `schema`, those with only what is required among them."""
    return _Reader(schema.get("$defs", {})).read(schema)


class _Reader:
    def __init__(self, definitions: dict[str, Schema]) -> None:
        self._definitions = definitions

    def read(self, schema: Schema) -> SearchStrategy[Any]:
        if "$ref" in schema:
            return self.read(self._definitions[schema["$ref"].removeprefix("#/$defs/")])
        if "const" in schema:
            return st.just(schema["const"])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        if "anyOf" in schema or "oneOf" in schema:
            return st.one_of([self.read(part) for part in schema.get("anyOf") or schema["oneOf"]])
        if isinstance(schema.get("type"), list):
            return st.one_of([self.read({**schema, "type": kind}) for kind in schema["type"]])
        if "type" not in schema:
            return _ANYTHING
        strategy: SearchStrategy[Any] = getattr(self, "_" + schema["type"])(schema)
        return strategy

    def _object(self, schema: Schema) -> SearchStrategy[Any]:
        properties, required = schema.get("properties"), set(schema.get("required", ()))
        if properties is None:
            more = schema.get("additionalProperties", True)
            values = self.read(more) if isinstance(more, dict) else _ANYTHING
            return st.dictionaries(st.text(_TEXT, max_size=5), values, max_size=3)
        fields = {name: self.read(part) for name, part in properties.items()}
        return st.fixed_dictionaries(
            {name: fields[name] for name in fields if name in required},
            optional={name: fields[name] for name in fields if name not in required},
        )

    def _array(self, schema: Schema) -> SearchStrategy[Any]:
        least = schema.get("minItems", 0)
        most = min(schema.get("maxItems", least + 3), least + 3)
        return st.lists(self.read(schema.get("items", {})), min_size=least, max_size=most)

    def _string(self, schema: Schema) -> SearchStrategy[Any]:
        # A few ids only, so that the same thing is told of more than once.
        formats = {"uuid": st.sampled_from(_IDS), "date-time": _MOMENTS}
        if "format" in schema:
            return formats[schema["format"]]
        if "pattern" in schema:
            return st.from_regex(schema["pattern"], fullmatch=True, alphabet=_TEXT)
        least = schema.get("minLength", 0)
        return st.text(_TEXT, min_size=least, max_size=min(schema.get("maxLength", least + 20), least + 20))

    def _integer(self, schema: Schema) -> SearchStrategy[Any]:
        least, most = schema.get("minimum", -_INT64), schema.get("maximum", _INT64 - 1)
        return st.integers(schema.get("exclusiveMinimum", least - 1) + 1, schema.get("exclusiveMaximum", most + 1) - 1)

    def _number(self, schema: Schema) -> SearchStrategy[Any]:
        return st.floats(schema.get("minimum"), schema.get("maximum"), allow_nan=False, allow_infinity=False)

    def _boolean(self, _: Schema) -> SearchStrategy[Any]:
        return st.booleans()

    def _null(self, _: Schema) -> SearchStrategy[Any]:
        return st.none()


_ANYTHING: SearchStrategy[Any] = st.none() | st.booleans() | st.text(_TEXT, max_size=5)
