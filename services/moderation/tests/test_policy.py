"""The whole table of who may moderate whom: every standing against every other."""

from collections.abc import Callable
from itertools import product

import pytest

from services.moderation import policy
from services.moderation.policy import Standing
from shared.problems import Forbidden, NotFound, Problem

KINDS = ("public", "private", "direct")
ROOM_ROLES = (None, "member", "moderator", "owner")
HOUSE_ROLES = ("user", "moderator", "admin")
EVERYBODY = [Standing(*each) for each in product(KINDS, ROOM_ROLES, HOUSE_ROLES)]

# From below to above; nobody acts against somebody on the same step or above.
STEPS = {
    ("user", None): 0,
    ("user", "member"): 1,
    ("user", "moderator"): 2,
    ("user", "owner"): 3,
    **{("moderator", role): 4 for role in ROOM_ROLES},
    **{("admin", role): 5 for role in ROOM_ROLES},
}


def verdict(rule: Callable[..., None], *who: Standing) -> str:
    try:
        rule(*who)
    except NotFound:
        return "404"
    except Forbidden as problem:
        return problem.code
    return "+"


def expected(who: Standing) -> str:
    staff = who.house_role != "user"
    if who.room_role is None and who.kind != "public" and not (who.kind == "private" and staff):
        return "404"
    if who.kind == "direct":
        return "direct_room"
    return "+" if staff or who.room_role in ("moderator", "owner") else "not_allowed"


@pytest.mark.parametrize("who", EVERYBODY, ids=str)
def test_every_cell(who: Standing) -> None:
    assert verdict(policy.may_moderate, who) == expected(who)
    for room_role, house_role in product(ROOM_ROLES, HOUSE_ROLES):
        target = Standing(who.kind, room_role, house_role)
        above = STEPS[who.house_role, who.room_role] > STEPS[house_role, room_role]
        assert policy.outranks(who, target) is above
        below = STEPS[who.house_role, who.room_role] < STEPS[house_role, room_role]
        allowed = expected(who)
        assert verdict(policy.may_restrict, who, target) == (
            allowed if allowed != "+" else "role_too_high" if below else "+"
        )
        assert verdict(policy.must_outrank, who, target) == ("+" if above else "role_too_high")


@pytest.mark.parametrize(
    ("role", "staff", "admin"), [("user", 0, 0), ("moderator", 1, 0), ("admin", 1, 1), ("?", 0, 0)]
)
def test_the_house_itself(role: str, staff: int, admin: int) -> None:
    for rule, allowed in ((policy.require_staff, staff), (policy.require_admin, admin)):
        if allowed:
            rule(role)
        else:
            with pytest.raises(Problem, match="Only"):
                rule(role)
