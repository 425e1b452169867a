from typing import Any

import pytest

from services.rooms.tests.house import House
from shared.caller import Caller
from shared.ids import new_id
from shared.problems import Problem


async def exported(house: House, who: Caller) -> dict[str, list[dict[str, Any]]]:
    """As auth joins the pieces."""
    files: dict[str, list[dict[str, Any]]] = {}
    question = {"user_id": who.user_id}
    for _ in range(10):
        answer = await house.near.gateway.request("rpc.rooms.export", question)
        for name, content in answer["files"].items():
            files.setdefault(name, []).extend(content)
        if answer["next"] is None:
            return files
        question["after"] = answer["next"]
    raise AssertionError("no end")


async def test_a_persons_rooms_and_invitations(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.rooms.export._AT_ONCE", 2)
    ada, bob, eve = [house.person(name) for name in ("ada", "bob", "eve")]
    own = [await house.room(ada, name=f"Room {number}") for number in range(3)]
    closed = await house.room(bob, kind="private", description="Secret")
    direct = await house.done(bob, "POST", f"/dms/{ada.user_id}")
    made = [await house.done(ada, "POST", f"/rooms/{own[0]['id']}/invites", {}) for _ in range(2)]
    made.append(await house.done(bob, "POST", f"/rooms/{closed['id']}/invites", {"user_id": ada.user_id}))
    await house.done(bob, "POST", f"/rooms/{closed['id']}/invites", {"user_id": eve.user_id})
    files = await exported(house, ada)
    assert files.keys() == {"rooms.json", "invitations.json"}
    assert [(room["id"], room["role"]) for room in files["rooms.json"]] == [
        *((room["id"], "owner") for room in own),
        (direct["id"], "member"),
    ]
    assert files["rooms.json"][0].keys() == {"id", "name", "description", "kind", "role", "joined_at"}
    assert sorted(each["code"] for each in files["invitations.json"]) == sorted(each["code"] for each in made)
    assert files["invitations.json"][0]["expires_at"].endswith("Z")
    assert await exported(house, house.person("nobody")) == {"rooms.json": [], "invitations.json": []}


@pytest.mark.parametrize(
    "question",
    [{}, {"user_id": "me"}, {"user_id": new_id(), "after": "members:"}, {"user_id": new_id(), "after": "rooms:\0"}, 5],
    ids=["empty", "no-id", "no-such-list", "nul", "number"],
)
async def test_what_cannot_be_exported(house: House, question: Any) -> None:
    with pytest.raises(Problem) as problem:
        await house.near.gateway.request("rpc.rooms.export", question)
    assert problem.value.status == 422
