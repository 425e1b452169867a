"""What breaks clients of an OpenAPI document. No I/O; documents in, breaks out."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.compatibility.messages import Break
from deploy.compatibility.schemas import Comparison, Schema

Operation = Mapping[str, Any]
_METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


def broken_routes(before: Schema, now: Schema, tag: str | None = None) -> Iterator[Break]:
    """Operations that clients could rely on, and can't any more; with `tag`, only those that had it."""
    present = dict(_operations(now))
    for key, (name, old) in dict(_operations(before)).items():
        if tag is not None and tag not in old.get("tags", ()):
            continue
        if key not in present:
            yield Break("route", name, "there is no such route any more")
            continue
        _, new = present[key]
        for why in (
            *_login(old, new),
            *_parameters(old, new, before, now),
            *_body(old, new, before, now),
            *_answers(old, new, before, now),
        ):
            yield Break("route", name, why)


def _operations(document: Schema) -> Iterator[tuple[str, tuple[str, Operation]]]:
    """By what a client calls: how a parameter of the path is named is no matter to it."""
    for path, operations in document["paths"].items():
        for method in _METHODS:
            if method in operations:
                yield f"{method} {re.sub(r'{[^}]*}', '{}', path)}", (f"{method.upper()} {path}", operations[method])


def _login(old: Operation, new: Operation) -> Iterator[str]:
    if new.get("security") and not old.get("security"):
        yield "it wants a login now"


def _parameters(old: Operation, new: Operation, before: Schema, now: Schema) -> Iterator[str]:
    olds, news = _by_name(old), _by_name(new)
    for key, parameter in olds.items():
        where = f"{key[0]} parameter {key[1]}"
        if key not in news:
            yield f"{where} is not taken any more"
            continue
        if news[key].get("required") and not parameter.get("required"):
            yield f"{where} is required now"
        yield from Comparison("taken", before, now).breaks(parameter["schema"], news[key]["schema"], where)
    for key in news.keys() - olds.keys():
        if news[key].get("required"):
            yield f"{key[0]} parameter {key[1]} is required now"


def _by_name(operation: Operation) -> dict[tuple[str, str], Any]:
    """Without those of the path: they are compared as part of it."""
    return {(one["in"], one["name"]): one for one in operation.get("parameters", ()) if one["in"] != "path"}


def _body(old: Operation, new: Operation, before: Schema, now: Schema) -> Iterator[str]:
    wanted, taken = old.get("requestBody"), new.get("requestBody")
    if taken is not None and taken.get("required") and not (wanted or {}).get("required"):
        yield "a body is required now"
    for kind, media in (wanted or {}).get("content", {}).items():
        if kind not in (taken or {}).get("content", {}):
            yield f"a body of {kind} is not taken any more"
        elif taken is not None:
            schemas = media.get("schema", {}), taken["content"][kind].get("schema", {})
            yield from Comparison("taken", before, now).breaks(*schemas, "body")


def _answers(old: Operation, new: Operation, before: Schema, now: Schema) -> Iterator[str]:
    told = new.get("responses", {})
    for status, answer in old.get("responses", {}).items():
        if status not in told:
            # An error of any status is a problem, as `default` says.
            if status[0] in "123" or "default" not in told:
                yield f"{status} is not answered any more"
            continue
        for kind, media in answer.get("content", {}).items():
            if kind not in told[status].get("content", {}):
                yield f"{status} is not answered with {kind} any more"
                continue
            schemas = media.get("schema", {}), told[status]["content"][kind].get("schema", {})
            yield from Comparison("told", before, now).breaks(*schemas, status)
