"""The whole table of who may do what: every standing against every rule."""

from collections.abc import Callable
from itertools import product

import pytest

from services.rooms import policy
from services.rooms.policy import Standing
from shared.problems import Conflict, Forbidden, NotFound, Problem

KINDS = ("public", "private", "direct")
ROOM_ROLES = (None, "member", "moderator", "owner")
HOUSE_ROLES = ("user", "moderator", "admin")
EVERYBODY = [Standing(*each) for each in product(KINDS, ROOM_ROLES, HOUSE_ROLES)]

# For each house role and room role the verdict in an ordinary room: + allowed, - forbidden.
#                      nobody  member  moderator  owner
RUNS_THE_ROOM = {
    "user": "--++",
    "moderator": "--++",
    "admin": "++++",
}
OWNS_THE_ROOM = {
    "user": "---+",
    "moderator": "---+",
    "admin": "++++",
}
KEEPS_ORDER = {
    "user": "--++",
    "moderator": "++++",
    "admin": "++++",
}


def verdict(rule: Callable[[Standing], None], who: Standing) -> str:
    try:
        rule(who)
    except NotFound:
        return "404"
    except Forbidden as problem:
        return problem.code
    return "+"


def expected(table: dict[str, str], who: Standing) -> str:
    if not sees(who):
        return "404"
    if who.kind == "direct":
        return "direct_room"
    return {"+": "+", "-": "not_allowed"}[table[who.house_role][ROOM_ROLES.index(who.room_role)]]


def sees(who: Standing) -> bool:
    inside = who.room_role is not None
    return inside or who.kind == "public" or (who.kind == "private" and who.house_role != "user")


@pytest.mark.parametrize("who", EVERYBODY, ids=str)
def test_every_cell(who: Standing) -> None:
    nobody = Standing(who.kind, None, "user")
    assert policy.can_see(who) == sees(who)
    assert verdict(policy.must_see, who) == ("+" if sees(who) else "404")
    assert verdict(policy.may_edit, who) == expected(RUNS_THE_ROOM, who)
    assert verdict(policy.may_invite, who) == expected(RUNS_THE_ROOM, who)
    assert verdict(policy.may_delete, who) == expected(OWNS_THE_ROOM, who)
    assert verdict(policy.may_set_retention, who) == expected(OWNS_THE_ROOM, who)
    assert verdict(lambda each: policy.may_set_role(each, "member", "moderator"), who) == expected(OWNS_THE_ROOM, who)
    assert verdict(lambda each: policy.may_kick(each, nobody), who) == expected(KEEPS_ORDER, who)
    leaving = expected(dict.fromkeys(HOUSE_ROLES, "++++"), who)
    assert verdict(policy.may_leave, who) == leaving


# From low to high: who stands above whom when somebody is to be removed.
LADDER = [
    Standing("public", "member", "user"),
    Standing("public", "moderator", "user"),
    Standing("public", "owner", "user"),
    Standing("public", "member", "moderator"),
    Standing("public", "member", "admin"),
]


@pytest.mark.parametrize(("who", "target"), list(product(LADDER[1:], LADDER)), ids=str)
def test_nobody_removes_an_equal_or_a_superior(who: Standing, target: Standing) -> None:
    if LADDER.index(who) > LADDER.index(target):
        policy.may_kick(who, target)
    else:
        with pytest.raises(Forbidden) as refused:
            policy.may_kick(who, target)
        assert refused.value.code == "role_too_high"


@pytest.mark.parametrize("who", [Standing("public", "owner", "user"), Standing("private", None, "admin")], ids=str)
@pytest.mark.parametrize("role", ["member", "moderator"])
def test_an_owner_is_replaced_and_never_demoted(who: Standing, role: str) -> None:
    with pytest.raises(Conflict) as refused:
        policy.may_set_role(who, "owner", role)
    assert refused.value.code == "last_owner"
    policy.may_set_role(who, "owner", "owner")
    policy.may_set_role(who, "member", "owner")


def test_an_unknown_house_role_gives_nothing() -> None:
    who = Standing("public", None, "superuser")
    for rule in (policy.may_edit, policy.may_delete, policy.may_invite):
        with pytest.raises(Problem):
            rule(who)
