"""What counts as a break and what does not, the words it is told in, and when a version may be released."""

import json
import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from deploy.compatibility import released
from deploy.compatibility.__main__ import check, main, publish, told
from deploy.compatibility.messages import Break, broken_events, broken_frames, broken_methods
from deploy.compatibility.routes import broken_routes
from deploy.compatibility.schemas import Comparison, Side
from deploy.contracts import SERVICES
from shared.testing.contract.instances import instances

Schema = dict[str, Any]


def fields(*required: str, **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


TEXT: Schema = {"type": "string"}
NULL: Schema = {"type": "null"}
COUNT: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
SHORT: Schema = {"type": "string", "maxLength": 10}
LONG: Schema = {"type": "string", "maxLength": 20}
RED: Schema = {"enum": ["red"], "type": "string"}
RED_OR_BLUE: Schema = {"enum": ["red", "blue"], "type": "string"}
MAYBE: Schema = {"anyOf": [TEXT, NULL]}
OPEN: Schema = {"type": "object", "properties": {"a": TEXT}}

# before, now, what it says where the service takes it, what where it tells it (None: nothing)
CHANGES: dict[str, tuple[Schema, Schema, str | None, str | None]] = {
    "nothing": (fields("a", a=TEXT), fields("a", a=TEXT), None, None),
    "words only": (fields(a=TEXT), fields(a={**TEXT, "title": "A", "description": "the a"}), None, None),
    "a field more": (fields("a", a=TEXT), fields("a", a=TEXT, b=TEXT), None, None),
    "a required field more": (fields("a", a=TEXT), fields("a", "b", a=TEXT, b=TEXT), ".b is required now", None),
    "a field less": (
        fields("a", a=TEXT, b=TEXT),
        fields("a", a=TEXT),
        ".b is not taken any more",
        ".b is not told any more",
    ),
    "a field optional": (fields("a", a=TEXT), fields(a=TEXT), None, ".a may be missing now"),
    "a field required": (fields(a=TEXT), fields("a", a=TEXT), ".a is required now", None),
    "another type": (TEXT, COUNT, " may not be string any more", " may be integer now"),
    "may be null": (TEXT, MAYBE, None, " may be null now"),
    "may not be null": (MAYBE, TEXT, " may not be null any more", None),
    "a list of types": ({"type": ["string", "null"]}, MAYBE, None, None),
    "an integer becomes a number": (COUNT, NUMBER, None, " may be number now"),
    "a number becomes an integer": (NUMBER, COUNT, " may not be number any more", None),
    "another value": (RED, RED_OR_BLUE, None, " may be 'blue' now"),
    "a value less": (RED_OR_BLUE, RED, " may not be 'blue' any more", None),
    "any text": (RED, TEXT, None, " may be another value than 'red' now"),
    "one of a few": (TEXT, RED, " may not be another value than 'red' any more", None),
    "a constant": ({"const": "red"}, {"const": "blue"}, " may not be 'red' any more", " may be 'blue' now"),
    "longer": (SHORT, LONG, None, " has maxLength 20 instead of 10"),
    "shorter": (LONG, SHORT, " has maxLength 10 instead of 20", None),
    "bounded": (TEXT, SHORT, " has maxLength 10 instead of none", None),
    "not bounded": (SHORT, TEXT, None, " has maxLength none instead of 10"),
    "at least": (COUNT, {**COUNT, "minimum": 1}, " has minimum 1 instead of none", None),
    "another pattern": (
        {**TEXT, "pattern": "a"},
        {**TEXT, "pattern": "b"},
        " has pattern b instead of a",
        " has pattern b instead of a",
    ),
    "a format": (TEXT, {**TEXT, "format": "uuid"}, " has format uuid instead of none", None),
    "items": (
        {"type": "array", "items": TEXT},
        {"type": "array", "items": MAYBE},
        None,
        "[] may be null now",
    ),
    "any item": ({"type": "array", "items": TEXT}, {"type": "array"}, None, "[] may be anything now"),
    "deep inside": (
        fields(a={"type": "array", "items": fields("b", b=TEXT)}),
        fields(a={"type": "array", "items": fields("b", b=COUNT)}),
        ".a[].b may not be string any more",
        ".a[].b may be integer now",
    ),
    "a mapping's values": (
        {"type": "object", "additionalProperties": TEXT},
        {"type": "object", "additionalProperties": COUNT},
        ".* may not be string any more",
        ".* may be integer now",
    ),
    "strangers refused": (OPEN, {**OPEN, "additionalProperties": False}, " refuses unknown fields now", None),
    "strangers ignored": ({**OPEN, "additionalProperties": False}, OPEN, None, None),
    "one way more": ({"anyOf": [TEXT, NULL]}, {"anyOf": [TEXT, NULL, COUNT]}, None, " may be integer now"),
    "one way less": (
        {"oneOf": [fields("a", a={"const": 1}), fields("b", b={"const": 2})]},
        fields("a", a={"const": 1}),
        ".b is not taken any more",
        None,
    ),
    "anything becomes something": ({}, TEXT, " may not be anything any more", None),
    "something becomes anything": (TEXT, {}, None, " may be anything now"),
}


@pytest.mark.parametrize("side", ["taken", "told"])
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_breaks_the_side_that_relied_on_it(name: str, side: Side) -> None:
    before, now, taken, told_ = CHANGES[name]
    said = list(Comparison(side, before, now).breaks(before, now, ""))
    expected = taken if side == "taken" else told_
    assert (expected in said) if expected is not None else said == []


def test_a_schema_that_has_itself_inside_is_compared_once() -> None:
    tree = fields("value", value=TEXT, left={"$ref": "#/$defs/Tree"})
    before: Schema = {"$ref": "#/$defs/Tree", "$defs": {"Tree": tree}}
    now = deepcopy(before)
    now["$defs"]["Tree"] = fields("value", value=COUNT, left={"$ref": "#/$defs/Tree"})
    assert list(Comparison("told", before, before).breaks(before, before, "")) == []
    assert list(Comparison("told", before, now).breaks(before, now, "")) == [".value may be integer now"]


_leaves = st.sampled_from([TEXT, NULL, COUNT, NUMBER, SHORT, LONG, RED, RED_OR_BLUE, {"const": 3, "type": "integer"}])


def _grown(children: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    named = st.dictionaries(st.sampled_from("abc"), children, max_size=3)
    objects = named.flatmap(
        lambda parts: st.sets(st.sampled_from(sorted(parts)) if parts else st.nothing()).map(
            lambda required: fields(*sorted(required), **parts)
        )
    )
    arrays = children.map(lambda items: {"type": "array", "items": items})
    return st.one_of(objects, arrays, st.lists(children, min_size=2, max_size=3).map(lambda each: {"anyOf": each}))


schemas = st.recursive(_leaves, _grown, max_leaves=6)


@settings(max_examples=300, deadline=None, database=None)
@given(before=schemas, now=schemas, data=st.data())
def test_what_breaks_nobody_is_understood_by_everybody(before: Schema, now: Schema, data: st.DataObject) -> None:
    if not list(Comparison("told", before, now).breaks(before, now, "")):
        Draft202012Validator(_without_strangers_refused(before)).validate(data.draw(instances(now)))
    if not list(Comparison("taken", before, now).breaks(before, now, "")):
        Draft202012Validator(now).validate(data.draw(instances(before)))


def _without_strangers_refused(schema: Any) -> Any:
    """As a follower reads it, who ignores what it does not know."""
    if isinstance(schema, list):
        return [_without_strangers_refused(part) for part in schema]
    if isinstance(schema, dict):
        return {name: _without_strangers_refused(part) for name, part in schema.items() if part is not False}
    return schema


def test_every_contract_is_as_good_as_itself() -> None:
    for service in SERVICES:
        now = released.current(service)
        assert released.breaks(service, now, now) == []
        assert now.version == now.files["openapi.json"]["info"]["version"], f"{service} has two versions"
        assert now.schema or service == "gateway"


def operation(**more: Any) -> Schema:
    body = {"content": {"application/json": {"schema": fields("a", a=TEXT)}}, "required": True}
    ok = {"content": {"application/json": {"schema": fields("b", b=TEXT)}}}
    page = {"in": "query", "name": "page", "schema": COUNT}
    return {"requestBody": body, "responses": {"200": ok, "404": {}, "default": {}}, "parameters": [page], **more}


def document(**operations: Schema) -> Schema:
    return {"paths": {"/rooms/{room_id}": operations}}


NEEDED = {"in": "query", "name": "page", "schema": COUNT, "required": True}
OTHER = {"in": "query", "name": "other", "schema": TEXT, "required": True}
PLAIN: Schema = {"content": {"text/plain": {}}}
ROUTES: dict[str, tuple[Schema, list[str]]] = {
    "nothing": (operation(), []),
    "no 404": (operation(responses={"200": operation()["responses"]["200"], "default": {}}), []),
    "a status more": (operation(responses=operation()["responses"] | {"202": {}}), []),
    "no 200": (operation(responses={"404": {}, "default": {}}), ["200 is not answered any more"]),
    "another answer": (
        operation(responses={"200": PLAIN, "404": {}, "default": {}}),
        ["200 is not answered with application/json any more"],
    ),
    "a login": (operation(security=[{"bearer": []}]), ["it wants a login now"]),
    "no page": (operation(parameters=[]), ["query parameter page is not taken any more"]),
    "a page": (operation(parameters=[NEEDED]), ["query parameter page is required now"]),
    "another parameter": (
        operation(parameters=[*operation()["parameters"], OTHER]),
        ["query parameter other is required now"],
    ),
    "no body": (operation(requestBody=None), ["a body of application/json is not taken any more"]),
}


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_is_held_to_what_it_takes_and_answers(name: str) -> None:
    now, why = ROUTES[name]
    assert [one.why for one in broken_routes(document(post=operation()), document(post=now))] == why


def test_a_route_that_goes_breaks_clients_and_one_that_comes_does_not() -> None:
    before, now = document(get=operation()), document(post=operation())
    assert list(broken_routes(before, now)) == [
        Break("route", "GET /rooms/{room_id}", "there is no such route any more")
    ]
    renamed = {"paths": {"/rooms/{id}": {"get": operation()}}}
    assert list(broken_routes(before, renamed)) == []
    assert list(broken_routes(before, now, tag="gateway")) == []
    bodiless = {name: part for name, part in operation().items() if name != "requestBody"}
    assert [one.why for one in broken_routes(document(get=bodiless), before)] == ["a body is required now"]


def test_events_and_requests_are_held_to_their_schemas() -> None:
    method = {"question": fields("a", a=TEXT), "answer": fields("b", b=TEXT)}
    before = {"events/room.created.json": fields("a", a=TEXT), "rpc/direct.json": method}
    assert [*broken_events(before, before), *broken_methods(before, before)] == []
    assert [*broken_events(before, {}), *broken_methods(before, {})] == [
        Break("event", "room.created", "it is not told any more"),
        Break("request", "direct", "it is not served any more"),
    ]
    now = {"events/room.created.json": fields("a", a=COUNT), "rpc/direct.json": {**method, "answer": fields()}}
    assert [*broken_events(before, now), *broken_methods(before, now)] == [
        Break("event", "room.created", "a may be integer now"),
        Break("request", "direct", "answer.b is not told any more"),
    ]


def test_frames_are_held_to_who_says_them() -> None:
    def sockets(**messages: Any) -> Schema:
        told = {name.replace("_", "."): {"payload": payload} for name, payload in messages.items()}
        return {"channels": {"room": {"address": "/ws/{room_id}"}}, "components": {"messages": told}}

    before = sockets(client_ping=fields(a=TEXT), server_pong=fields("a", a=TEXT), auth_user_deleted=fields("x", x=TEXT))
    assert list(broken_frames(before, before)) == []
    assert [one.why for one in broken_frames(before, {"channels": {}, "components": {"messages": {}}})] == [
        "there is no such socket any more",
        "it is not taken any more",
        "it is not told any more",
    ]
    now = sockets(client_ping=fields("a", a=TEXT), server_pong=fields(a=TEXT))
    assert list(broken_frames(before, now)) == [
        Break("frame", "ping", "a is required now"),
        Break("frame", "pong", "a may be missing now"),
    ]


def test_it_is_said_whom_a_break_breaks() -> None:
    promise = released.Promise("1.2.3", "0001", {})
    found = [
        Break("route", "GET /rooms", "gone"),
        Break("event", "user.deleted", "gone"),
        Break("event", "session.revoked", "gone"),
        Break("request", "tokens.recognise", "gone"),
        Break("request", "outbox", "gone"),
        Break("request", "nothing", "gone"),
    ]
    assert [line.partition("That breaks ")[2] for line in told("auth", promise, found)] == [
        "clients.",
        "rooms and messaging and moderation and files and gateway.",
        "rooms and messaging and moderation and files and gateway.",
        "gateway.",
        "rooms and messaging and moderation and files and gateway.",
        "nobody of ours.",
    ]
    assert next(told("auth", promise, found)).startswith("auth 1.2.3, route GET /rooms: gone.")


@pytest.mark.parametrize(
    ("before", "now", "may"),
    [
        ("1.2.3", "1.2.4", False),
        ("1.2.3", "1.9.0", False),
        ("1.2.3", "2.0.0", True),
        ("0.1.0", "0.1.1", False),
        ("0.1.0", "0.2.0", True),
        ("0.9.0", "1.0.0", True),
        ("1.0.0", "1.0.0", False),
    ],
)
def test_a_break_is_announced_by_the_version(before: str, now: str, may: bool) -> None:
    assert released.may_break(before, now) is may


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what rooms promises, to be changed."""
    for part in ("contract", "migrations", "pyproject.toml"):
        source, target = released.ROOT / "services" / "rooms" / part, tmp_path / "services" / "rooms" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    for name in ("current", "released", "release"):
        function = getattr(released, name)
        monkeypatch.setattr(f"deploy.compatibility.__main__.{name}", lambda who, do=function: do(who, tmp_path))
    assert publish(["rooms"]) == 0
    return tmp_path


def _change(root: Path, version: str, *, break_it: bool) -> None:
    project = root / "services" / "rooms" / "pyproject.toml"
    lines = [
        f'version = "{version}"' if line.startswith("version") else line for line in project.read_text().split("\n")
    ]
    project.write_text("\n".join(lines))
    if break_it:
        event = root / "services" / "rooms" / "contract" / "events" / "room.deleted.json"
        schema = json.loads(event.read_text())
        schema["properties"].pop("room_id", None)
        event.write_text(json.dumps(schema))


def test_a_break_fails_the_check_until_a_version_announces_it(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(["rooms"]) == 0
    first = released.current("rooms", root).version
    _change(root, first, break_it=True)
    capsys.readouterr()
    assert check(["rooms"]) == 1
    said = capsys.readouterr().out
    assert f"rooms {first}, event room.deleted: room_id is not told any more. That breaks messaging and" in said
    _change(root, "9.0.0", break_it=True)
    assert check(["rooms"]) == 0
    assert "(announced by 9.0.0)" in capsys.readouterr().out


def test_what_breaks_is_not_released_unless_announced(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = released.released("rooms", root)
    assert before is not None and before.schema == released.current("rooms", root).schema
    assert publish(["rooms"]) == 1
    assert "a version after it" in capsys.readouterr().out
    major, minor, patch = released.version_of(before.version)
    later = f"{major}.{minor}.{patch + 1}"
    _change(root, later, break_it=True)
    assert publish(["rooms"]) == 1
    assert f"rooms: {later} does not announce that." in capsys.readouterr().out
    assert released.released("rooms", root) == before
    _change(root, f"{major + 1}.0.0", break_it=True)
    assert publish(["rooms"]) == 0
    after = released.released("rooms", root)
    assert after == released.current("rooms", root)
    assert check(["rooms"]) == 0


def test_a_service_that_was_never_released_is_held_to_nothing(root: Path) -> None:
    shutil.rmtree(root / "contract")
    assert check(["rooms"]) == 0


def test_only_services_can_be_released(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["release"], ["release", "nobody"], ["compare"]):
        assert main(words) == 2
    assert "usage" in capsys.readouterr().out
