from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from services.rooms.schemas import JoinRequest, NewInvite, NewRoom, RoleChange, RoomChanges
from shared.clock import rfc3339, utc_now
from shared.problems import Invalid

SOMEBODY = "0197a3c0-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "   "},
        {"name": "\u200b\u200d"},
        {"name": "x" * 81},
        {"name": None},
        {"name": 7},
        {"name": "a\nb"},
        {"name": "safe\u202egpj.exe"},
        {"name": "a\u2066b"},
        {"name": "a", "description": "x" * 501},
        {"name": "a", "description": "\u202e"},
        {"name": "a", "description": None},
        {"name": "a", "kind": "direct"},
        {"name": "a", "kind": "secret"},
        {"name": "a", "slow_mode_seconds": -1},
        {"name": "a", "slow_mode_seconds": 21_601},
        {"name": "a", "slow_mode_seconds": "5"},
        {"name": "a", "slow_mode_seconds": True},
        {"name": "a", "slow_mode_seconds": 2**63},
        {"name": "a", "profanity": "maybe"},
        {"name": "a", "archived": True},
        {"name": "a", "max_members": 0},
        {"name": "a", "max_members": 100_001},
        {"name": "a", "retention_days": 0},
        {"name": "a", "retention_days": 3_651},
        {"name": "a", "retention_days": 1.5},
        {"name": "a", "ttl_seconds": 0},
        {"name": "a", "ttl_seconds": 2**40},
        {"name": "a", "ttl_seconds": 60, "expires_at": "2126-01-01T00:00:00Z"},
        {"name": "a", "expires_at": 4_000_000_000},
        {"name": "a", "expires_at": "2126-01-01T00:00:00"},
        {"name": "a", "expires_at": "9999-12-31T23:59:59-14:00"},
        {"name": "a", "owner_id": SOMEBODY},
        {"name": "a", "id": SOMEBODY},
        {"name": "a", "seq": 1},
    ],
    ids=str,
)
def test_a_room_that_is_not_made(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        NewRoom.model_validate(body)


def test_a_room_as_plain_as_can_be() -> None:
    room = NewRoom.model_validate({"name": "  Tea \U0001f468\u200d\U0001f469\u200d\U0001f467  "})
    assert room.name == "Tea \U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert (room.kind, room.profanity, room.slow_mode_seconds, room.description) == ("public", "off", 0, "")
    assert room.end(utc_now()) is None


def test_names_are_composed_and_descriptions_have_lines() -> None:
    room = NewRoom.model_validate({"name": "Cafe\u0301", "description": "one\n\ttwo"})
    assert (room.name, room.description) == ("Caf\u00e9", "one\n\ttwo")


@pytest.mark.parametrize(
    "body",
    [
        {"name": None},
        {"kind": None},
        {"profanity": None},
        {"slow_mode_seconds": None},
        {"archived": None},
        {"archived": 1},
    ],
    ids=str,
)
def test_only_an_end_and_a_limit_can_be_taken_away(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RoomChanges.model_validate(body)


def test_changes_are_what_was_said() -> None:
    now = utc_now()
    assert RoomChanges.model_validate({}).values(now) == {}
    assert RoomChanges.model_validate({"name": "Tea"}).values(now) == {"name": "Tea"}
    for limit in ({"max_members": None}, {"retention_days": None}, {"archived": False}):
        assert RoomChanges.model_validate(limit).values(now) == limit
    assert RoomChanges.model_validate({"expires_at": None}).values(now) == {"expires_at": None}
    assert RoomChanges.model_validate({"ttl_seconds": None}).values(now) == {"expires_at": None}
    assert RoomChanges.model_validate({"ttl_seconds": 5}).values(now) == {"expires_at": now + timedelta(seconds=5)}


def test_an_end_is_in_the_future_and_not_too_far() -> None:
    now = utc_now()
    for end in (now, now - timedelta(days=1), now + timedelta(days=4_000)):
        with pytest.raises(Invalid):
            NewRoom.model_validate({"name": "a", "expires_at": rfc3339(end)}).end(now)


@pytest.mark.parametrize("code", ["", "a b", "a\0", "x" * 65, 5, "\u00e9"])
def test_a_code_that_no_invitation_has(code: object) -> None:
    with pytest.raises(ValidationError):
        JoinRequest.model_validate({"invite": code})


@pytest.mark.parametrize(
    "body",
    [
        {"user_id": "me"},
        {"user_id": SOMEBODY, "max_uses": 2},
        {"max_uses": 0},
        {"max_uses": 1.5},
        {"expires_in": 0},
        {"expires_in": 10**12},
        {"code": "mine"},
    ],
    ids=str,
)
def test_an_invitation_that_is_not_made(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        NewInvite.model_validate(body)


def test_a_role_there_is() -> None:
    assert RoleChange.model_validate({"role": "owner"}).role == "owner"
    for body in ({}, {"role": "admin"}, {"role": None}, {"role": "member", "user_id": SOMEBODY}):
        with pytest.raises(ValidationError):
            RoleChange.model_validate(body)
