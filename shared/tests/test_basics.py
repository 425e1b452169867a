"""Times, ids, problems and contracts: the small promises everything else leans on."""

import json
import re
import uuid
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from shared import problems
from shared.clock import Timestamp, rfc3339, utc_now
from shared.contract import contract_files, write_contract, written_contract
from shared.events import Event
from shared.ids import Id, new_id
from shared.problems import Problem, problem_body
from shared.schemas import AnswerModel, RequestModel
from shared.tests import toy


class Moment(RequestModel):
    at: Timestamp


class Named(RequestModel):
    id: Id


def test_now_is_whole_milliseconds_of_utc() -> None:
    now = utc_now()
    assert now.utcoffset() == timedelta(0)
    assert now.microsecond % 1_000 == 0
    assert datetime.fromisoformat(rfc3339(now)) == now


def test_a_time_is_written_one_way() -> None:
    moment = datetime(2026, 11, 23, 4, 36, 0, 123_999, timezone(timedelta(hours=1)))
    assert rfc3339(moment) == "2026-11-23T03:36:00.123Z"
    assert Moment(at=moment).model_dump_json() == '{"at":"2026-11-23T03:36:00.123Z"}'
    assert rfc3339(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00.000Z"


@pytest.mark.parametrize("text", ["2026-11-23T03:36:00Z", "2026-11-23T03:36:00.1+00:00", "2026-11-23 04:36:00+01:00"])
def test_a_time_is_read_from_rfc_3339(text: str) -> None:
    assert Moment.model_validate({"at": text}).at.replace(microsecond=0) == datetime(2026, 11, 23, 3, 36, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        *(0, 1e12, True, None, "", "now", "1763868960", "2026-11-23", "2026-11-23T03:36:00", "2026-13-01T00:00:00Z"),
        *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "２026-11-23T03:36:00Z", datetime(2026, 1, 1)),
    ],
)
def test_another_time_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError):
        Moment.model_validate({"at": value})


def test_ids_are_canonical_and_rise() -> None:
    ids = [new_id() for _ in range(1_000)]
    assert ids == sorted(set(ids))
    assert all(
        re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", each) for each in ids
    )
    assert Named(id=ids[0]).id == ids[0]


def test_an_id_does_not_tell_the_next_one() -> None:
    """S054: even those of one millisecond differ by chance, and a new millisecond begins anywhere."""
    ids = [uuid.UUID(new_id()).int for _ in range(4_000)]
    chance = [each & (2**32 - 1) for each in ids]
    assert len({abs(b - a) for a, b in pairwise(chance)}) > 3_900
    for bit in range(32):
        assert 1_700 < sum(each >> bit & 1 for each in chance) < 2_300, f"bit {bit} is no chance"
    starts = [b >> 32 & (2**30 - 1) for a, b in pairwise(ids) if a >> 80 != b >> 80]
    assert len(set(starts)) == len(starts)


@pytest.mark.parametrize(
    "spelling", [str.upper, lambda i: i.replace("-", ""), lambda i: f"{{{i}}}", lambda i: i + "\n"]
)
def test_another_spelling_of_an_id_is_refused(spelling: Any) -> None:
    with pytest.raises(ValidationError):
        Named(id=spelling(new_id()))


def test_a_problem_has_the_shape_of_rfc_9457() -> None:
    assert problem_body(problems.Conflict("username_taken", "Taken."), "r1") == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "code": "username_taken",
        "detail": "Taken.",
        "request_id": "r1",
    }


def test_what_is_invalid_says_so_in_errors_too() -> None:
    body = problem_body(problems.Invalid("invalid_range", "Give one, not both."), None)
    assert body["errors"] == [{"loc": [], "msg": "Give one, not both.", "type": "invalid_range"}]
    assert "errors" not in problem_body(problems.Conflict("taken", "Taken."), None)
    assert problem_body(problems.Invalid("invalid", "No.", []), None)["errors"] == []


def test_each_problem_knows_its_status() -> None:
    made: list[tuple[int, Problem]] = [
        (401, problems.Unauthorized()),
        (403, problems.Forbidden("muted", "You are muted.")),
        (404, problems.NotFound("There is no such room.")),
        (409, problems.Conflict("a", "b")),
        (413, problems.TooLarge()),
        (415, problems.UnsupportedMedia()),
        (422, problems.Invalid("profanity", "No.")),
        (429, problems.TooMany("slow_mode", "Wait.", 3, most=1, seconds=9)),
        (503, problems.Unavailable("Away.")),
        (504, problems.UpstreamTimeout()),
    ]
    assert [problem.status for _, problem in made] == [status for status, _ in made]
    assert problems.problem_response(made[-3][1]).headers["retry-after"] == "3"
    assert problems.problem_response(made[-2][1]).headers["retry-after"] == "1"


def test_requests_forbid_unknown_fields_and_answers_ignore_them() -> None:
    class Answer(AnswerModel):
        id: Id

    with pytest.raises(ValidationError):
        Named.model_validate({"id": new_id(), "role": "admin"})
    assert Answer.model_validate({"id": new_id(), "more": 1}).model_dump().keys() == {"id"}


class ThingMade(Event):
    producer: ClassVar[str] = "toy"
    thing: ClassVar[str] = "thing"
    name: ClassVar[str] = "made"
    thing_id: Id

    def entity_id(self) -> str:
        return self.thing_id


def test_a_contract_is_written_read_and_kept_clean(tmp_path: Path) -> None:
    write_contract(toy.app, [ThingMade], tmp_path)
    (tmp_path / "events" / "thing.gone.json").write_text("{}")
    assert written_contract(tmp_path) != contract_files(toy.app, [ThingMade])
    write_contract(toy.app, [ThingMade], tmp_path)
    assert written_contract(tmp_path) == contract_files(toy.app, [ThingMade])
    assert json.loads((tmp_path / "events" / "thing.made.json").read_text())["required"] == ["thing_id"]


def test_every_operation_may_answer_with_a_problem() -> None:
    document = toy.app.openapi()
    assert "HTTPValidationError" not in document["components"]["schemas"]
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len(operations) == len(toy.router.routes)
    for operation in operations:
        content = operation["responses"]["default"]["content"]
        assert content == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert document["paths"]["/api/v1/things"]["post"]["security"] == [{"bearer": []}]
    assert "/readyz" not in document["paths"]
