"""The checks of contracts themselves: whoever reads what nobody promised is found out, whoever reads well is not."""

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from shared.clock import Timestamp
from shared.database import Database
from shared.events import Envelope, Event
from shared.ids import Id, new_id
from shared.testing.contract import asked, committed, published, readers
from shared.testing.contract.instances import instances
from shared.testing.contract.promised import Unpromised


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Id
    size: int
    name: str | None


class _Told(Event):
    part: _Part
    parts: list[_Part]
    at: Timestamp | None = None


SCHEMA = _Told.model_json_schema(mode="validation")  # in which what has a default may be missing


@settings(max_examples=50, deadline=None, database=None)
@given(data=st.data())
def test_an_instance_is_one_of_its_schema(data: st.DataObject) -> None:
    instance = data.draw(instances(SCHEMA))
    jsonschema.validate(instance, SCHEMA, format_checker=jsonschema.FormatChecker())
    _Told.model_validate(instance)


class _Inner(BaseModel):
    id: str


class _Wrong(BaseModel):
    id: str
    colour: str = "red"


def _model(**fields: Any) -> Callable[[dict[str, Any]], object]:
    required: Any = {name: (kind, ...) for name, kind in fields.items()}
    model: type[BaseModel] = create_model("Heard", **required)
    return lambda data: model.model_validate(data)


GOOD: dict[str, Callable[[dict[str, Any]], object]] = {
    "a model": _model(part=_Inner, parts=list[_Inner]),
    "by hand": lambda data: (data["part"]["size"], data["parts"][0]["name"] if data["parts"] else None),
    "maybe": lambda data: data.get("at"),
    "as a whole": lambda data: {**data["part"]},
    "a model around a mapping": lambda data: _model(part=dict[str, Any])(data).part["id"],  # type: ignore[attr-defined]
}
BAD: dict[str, Callable[[dict[str, Any]], object]] = {
    "a field": lambda data: data["colour"],
    "maybe a field": lambda data: data.get("colour", "red"),
    "whether there is a field": lambda data: "colour" in data,
    "deep inside": lambda data: data["part"].get("colour"),
    "in a list": lambda data: [part.get("colour") for part in data["parts"]],
    "a model": _model(part=_Wrong),
    "a model in a list": _model(parts=list[_Wrong]),
    "a model that may be missing": _model(part=_Wrong | None),
    "a model around a mapping": lambda data: _model(part=dict[str, Any])(data).part.get("colour"),  # type: ignore[attr-defined]
}
PART = {"id": new_id(), "size": 1, "name": None}


def read(read_one: Callable[[dict[str, Any]], object], monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(readers, "events_of", lambda _: {"thing.told": SCHEMA})

    def handler(_: object, envelope: Envelope) -> None:
        read_one(envelope.data)

    async def run() -> None:
        db = Database(f"sqlite:///{tmp_path / 'toy.db'}")
        try:
            event = {"part": PART, "parts": [PART]}
            await readers.read_all(db, {("toy", "thing.told"): [(handler, None)]}, [(("toy", "thing.told"), event)])
        finally:
            db.close()

    asyncio.run(run())


@pytest.mark.parametrize("name", GOOD)
def test_who_reads_what_is_promised_passes(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    read(GOOD[name], monkeypatch, tmp_path)


@pytest.mark.parametrize("name", BAD)
def test_who_reads_anything_else_is_found_out(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    with pytest.raises(Unpromised, match=r"colour.* is not promised"):
        read(BAD[name], monkeypatch, tmp_path)


def test_who_refuses_a_field_of_tomorrow_is_found_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    with pytest.raises(ValidationError, match="a_field_of_tomorrow"):
        read(lambda data: _Part.model_validate(data["part"]), monkeypatch, tmp_path)


def test_every_object_of_a_schema_is_looked_at() -> None:
    found = dict(committed.objects(SCHEMA))
    assert found.keys() == {"", "/$defs/_Part"}


def test_what_is_followed_must_be_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "events_of", lambda who: {"a.told": {}} if who == "toy" else {})
    assert readers.unpromised([("toy", "a.told"), ("toy", "a.lost"), ("nobody", "a.b")]) == {"toy.a.lost", "nobody.a.b"}


class _Registered(Event):
    producer: ClassVar[str] = "auth"
    thing: ClassVar[str] = "user"
    name: ClassVar[str] = "registered"
    user: dict[str, Any]


class _Vanished(_Registered):
    name: ClassVar[str] = "vanished"


class _Toy(_Registered):
    producer: ClassVar[str] = "toy"


def test_what_is_told_and_was_not_promised_is_a_breach(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = {"required": ["user_id"], "properties": {"user_id": {}}, "additionalProperties": False}
    monkeypatch.setattr(published, "events_of", lambda _: {"user.registered": schema})
    published._validator.cache_clear()
    try:
        [stranger] = published.breaches_of(_Registered(user={}))
        assert "'user' was unexpected" in stranger
        monkeypatch.setattr(_Registered, "__module__", "services.auth.events")
        assert any(
            "'user_id' is a required property" in breach for breach in published.breaches_of(_Registered(user={}))
        )
        assert published.breaches_of(_Vanished(user={})) == ["auth has not committed to user.vanished"]
        assert published.breaches_of(_Toy(user={})) == []
    finally:
        published._validator.cache_clear()


def test_what_is_asked_and_answered_is_held_to_the_contract() -> None:
    assert asked.breaches_of("question", "rpc.auth.users", b'{"ids": [], "a_field_of_tomorrow": 1}') == []
    [missing] = asked.breaches_of("question", "rpc.auth.users", b"{}")
    assert missing == "question of auth.users: $ 'ids' is a required property"
    assert asked.breaches_of("answer", "rpc.messaging.push", b'{"applied": "1"}') != []
    assert asked.breaches_of("answer", "rpc.messaging.replay", b"no JSON") == []
    assert asked.breaches_of("question", "rpc.auth.nothing", b"{}") == ["auth has not committed to nothing"]
    assert asked.breaches_of("question", "rpc.toy.anything", b"{}") == []
