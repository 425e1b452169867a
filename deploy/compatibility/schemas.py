"""What makes a schema break those who knew the one before. No I/O; a schema and its document in, sentences out.

A request is taken by the service: all that was accepted has to be accepted still. An answer or an event is told by it:
all that is told now has to be what might have been told before. Fields that nobody knew are ignored by who reads.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Schema = Mapping[str, Any]
Side = Literal["taken", "told"]
Ref = tuple[str, str]
_ALL = ("array", "boolean", "integer", "null", "number", "object", "string")
_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_SAME = ("pattern", "format", "prefixItems", "uniqueItems", "multipleOf")


@dataclass(frozen=True)
class Comparison:
    """The schemas of two documents, and which side of them the service is on."""

    side: Side
    before: Schema
    now: Schema
    _met: set[Ref] = field(default_factory=set)

    def breaks(self, before: Any, now: Any, where: str) -> Iterator[str]:
        """Why somebody who relies on `before` can't rely on `now`; each reason begins with where it is."""
        refs = (_ref(before), _ref(now))
        if all(refs):
            if refs in self._met:
                return
            self._met.add(refs)
        olds, news = _alternatives(before, self.before), _alternatives(now, self.now)
        given, taken = (olds, news) if self.side == "taken" else (news, olds)
        for one in given:
            yield from self._fits(one, taken, where)

    def _fits(self, given: Schema, taken: list[Schema], where: str) -> Iterator[str]:
        """Nothing if one of `taken` has room for all of `given`; else what keeps the nearest of them from it."""
        nearest: list[str] | None = None
        for one in taken:
            if not set(_types(given)) & set(_types(one)):
                continue
            reasons = list(self._one_by_one(given, one, where))
            if not reasons:
                return
            if nearest is None or len(reasons) < len(nearest):
                nearest = reasons
        yield from nearest if nearest is not None else [self._other(where, _named(given))]

    def _one_by_one(self, given: Schema, taken: Schema, where: str) -> Iterator[str]:
        if missing := set(_types(given)) - set(_types(taken)) - _integers(given, taken):
            yield self._other(where, "anything" if len(missing) > 2 else " or ".join(sorted(missing)))
        yield from self._values(given, taken, where)
        yield from self._bounds(given, taken, where)
        before, now = (given, taken) if self.side == "taken" else (taken, given)
        if "object" in _types(before) and "object" in _types(now):
            yield from self._fields(before, now, where)
        if before.get("items") or now.get("items"):
            yield from self.breaks(before.get("items", {}), now.get("items", {}), f"{where}[]")

    def _fields(self, before: Schema, now: Schema, where: str) -> Iterator[str]:
        olds, news = before.get("properties", {}), now.get("properties", {})
        for name in olds:
            if name not in news:
                yield f"{where}.{name} is not {self.side} any more"
            else:
                yield from self.breaks(olds[name], news[name], f"{where}.{name}")
        wanted, sure = set(before.get("required", ())), set(now.get("required", ()))
        if self.side == "taken":
            yield from (f"{where}.{name} is required now" for name in sorted(sure - wanted))
        else:
            yield from (f"{where}.{name} may be missing now" for name in sorted((wanted - sure) & news.keys()))
        yield from self._other_fields(before, now, where)

    def _other_fields(self, before: Schema, now: Schema, where: str) -> Iterator[str]:
        """Those without a name of their own: a mapping's, or the unknown ones."""
        old, new = before.get("additionalProperties", True), now.get("additionalProperties", True)
        if isinstance(old, Mapping) and new is not False:
            yield from self.breaks(old, new if isinstance(new, Mapping) else {}, f"{where}.*")
        elif self.side == "taken" and old is not False and new is False:
            yield f"{where} refuses unknown fields now"

    def _values(self, given: Schema, taken: Schema, where: str) -> Iterator[str]:
        allowed, may_be = _enum(taken), _enum(given)
        if allowed is None:
            return
        if may_be is None:
            yield self._other(where, "another value than " + ", ".join(map(repr, allowed)))
        else:
            yield from (self._other(where, repr(value)) for value in may_be if value not in allowed)

    def _bounds(self, given: Schema, taken: Schema, where: str) -> Iterator[str]:
        if _enum(given) is not None:
            return  # its values were compared
        for name in (*_LEAST, *_MOST):
            limit, value = taken.get(name), given.get(name)
            if limit is not None and (value is None or (value < limit if name in _LEAST else value > limit)):
                yield self._changed(where, name, value, limit)
        for name in _SAME:
            if name in taken and taken[name] != given.get(name):
                yield self._changed(where, name, given.get(name), taken[name])

    def _changed(self, where: str, name: str, given: Any, taken: Any) -> str:
        before, now = (given, taken) if self.side == "taken" else (taken, given)
        return f"{where} has {name} {_shown(now)} instead of {_shown(before)}"

    def _other(self, where: str, what: str) -> str:
        return f"{where} may not be {what} any more" if self.side == "taken" else f"{where} may be {what} now"


def resolved(schema: Any, document: Schema) -> Schema:
    """The schema that a reference into the document means."""
    while isinstance(schema, Mapping) and "$ref" in schema:
        target: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    found: Schema = schema if isinstance(schema, Mapping) else {}
    return found


def _alternatives(schema: Any, document: Schema) -> list[Schema]:
    """One schema for each way in which something can be an instance."""
    schema = resolved(schema, document)
    for name in ("anyOf", "oneOf"):
        if name in schema:
            return [each for part in schema[name] for each in _alternatives(part, document)]
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": kind} for kind in schema["type"]]
    return [schema]


def _types(schema: Schema) -> tuple[str, ...]:
    if "type" in schema:
        return ("integer", "number") if schema["type"] == "number" else (schema["type"],)
    values = _enum(schema)
    return _ALL if values is None else tuple({_type_of(value) for value in values})


def _integers(given: Schema, taken: Schema) -> set[str]:
    """What a number's room for integers has been counted for already."""
    return {"integer"} if taken.get("type") == "number" and given.get("type") == "integer" else set()


def _type_of(value: Any) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds.get(type(value), "null")


def _enum(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return list(schema["enum"]) if "enum" in schema else None


def _ref(schema: Any) -> str:
    return str(schema.get("$ref", "")) if isinstance(schema, Mapping) else ""


def _named(schema: Schema) -> str:
    values = _enum(schema)
    if values is not None:
        return " or ".join(map(repr, values))
    return str(schema.get("type", "anything"))


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)
