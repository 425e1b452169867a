import asyncio

import pytest

from services.auth.actions import block
from services.auth.tests.world import World, code
from shared.ids import new_id


async def test_a_block_is_told_once_and_seen_by_its_maker_alone(world: World) -> None:
    ada, bob, eve = [await world.person(name) for name in ("ada", "bob", "eve")]
    answers = await asyncio.gather(*(ada.call("PUT", f"/users/{bob.id}/block") for _ in range(5)))
    assert {answer.status_code for answer in answers} == {204}
    await ada.call("PUT", f"/users/{eve.id}/block")
    blocked = [{"user_id": ada.id, "blocked_id": each.id} for each in (bob, eve)]
    assert await world.told_of("user.blocked") == blocked
    page = (await ada.call("GET", "/users/me/blocks", params={"limit": 1})).json()
    assert [user["username"] for user in page["items"]] == ["bob"] and "email" not in page["items"][0]
    page = (await ada.call("GET", "/users/me/blocks", params={"limit": 1, "cursor": page["next_cursor"]})).json()
    assert [user["username"] for user in page["items"]] == ["eve"] and page["next_cursor"] is None
    assert (await bob.call("GET", "/users/me/blocks")).json()["items"] == []


async def test_it_is_over_when_its_maker_says_so(world: World) -> None:
    ada, bob = await world.person("ada"), await world.person("bob")
    await ada.call("PUT", f"/users/{bob.id}/block")
    assert (await bob.call("DELETE", f"/users/{ada.id}/block")).status_code == 204
    assert await world.told_of("user.unblocked") == []
    for _ in range(2):
        assert (await ada.call("DELETE", f"/users/{bob.id}/block")).status_code == 204
    assert await world.told_of("user.unblocked") == [{"user_id": ada.id, "blocked_id": bob.id}]
    assert (await ada.call("GET", "/users/me/blocks")).json()["items"] == []


async def test_whom_nobody_can_block(light: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block, "MOST_BLOCKED", 1)
    ada, bob, eve = [await light.person() for _ in range(3)]
    assert code(await ada.call("PUT", f"/users/{ada.id}/block")) == (422, "block_self")
    assert code(await ada.call("PUT", f"/users/{new_id()}/block")) == (404, "not_found")
    assert code(await ada.call("PUT", "/users/bob/block")) == (422, "invalid")
    await ada.call("PUT", f"/users/{bob.id}/block")
    assert code(await ada.call("PUT", f"/users/{eve.id}/block")) == (409, "too_many_blocks")
    assert len(await light.told_of("user.blocked")) == 1
