"""Who may register: everybody, the invited, nobody."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from services.auth.models import registration_invites
from services.auth.settings import Settings
from services.auth.sweeper import sweep
from services.auth.tests.conftest import Start, world_of
from services.auth.tests.world import World, code
from shared.database import ReadSession, WriteSession
from shared.ids import new_id


@pytest.fixture
def by_invitation(settings: Settings) -> Settings:
    return settings.model_copy(update={"registration": "invite"})


async def test_nobody_registers_where_that_is_closed(start: Start) -> None:
    async with start(registration="closed") as world:
        assert code(await world.register("ada", invite="x")) == (403, "registration_closed")
        assert await world.told() == []


async def test_where_it_is_open_a_code_does_not_matter(light: World) -> None:
    assert (await light.register("ada", invite="whatever")).status_code == 201


async def test_a_code_for_one_admits_one_of_ten(by_invitation: Settings) -> None:
    async with world_of(by_invitation) as world:
        root = await world.admin()
        made = await root.call("POST", "/auth/invites")
        assert made.status_code == 201
        invite = made.json()
        assert (invite["max_uses"], invite["uses"], invite["created_by"]) == (1, 0, root.id)
        answers = await asyncio.gather(*(world.register(f"person{n}", invite=invite["code"]) for n in range(10)))
        assert sorted(answer.status_code for answer in answers) == [201] + [403] * 9
        for refused in (answer for answer in answers if answer.status_code != 201):
            assert code(refused) == (403, "invite_required")
        (listed,) = (await root.call("GET", "/auth/invites")).json()["items"]
        assert listed == invite | {"uses": 1}


async def test_a_code_that_is_not_good(by_invitation: Settings) -> None:
    async with world_of(by_invitation) as world:
        root = await world.admin()
        codes = {}
        for name in ("late", "withdrawn", "good"):
            codes[name] = (await root.call("POST", "/auth/invites", json={"max_uses": 2, "expires_in": 60})).json()
        await world.db.write(_age, codes["late"]["id"], timedelta(seconds=61))
        assert (await root.call("DELETE", f"/auth/invites/{codes['withdrawn']['id']}")).status_code == 204
        assert code(await root.call("DELETE", f"/auth/invites/{codes['withdrawn']['id']}")) == (404, "not_found")
        for sent in (None, "", "made up", codes["late"]["code"], codes["withdrawn"]["code"]):
            assert code(await world.register("ada", invite=sent)) == (403, "invite_required")
        good = codes["good"]["code"]
        assert (await world.register("ada", invite=good)).status_code == 201
        assert code(await world.register("ADA", invite=good, email="a@example.org")) == (409, "username_taken")
        assert (await world.register("bob", invite=good)).status_code == 201, "who was refused used up nothing"
        await world.db.write(sweep)
        assert len(await world.db.read(_rows)) == 1


async def test_a_registration_sent_again_uses_the_code_once(by_invitation: Settings) -> None:
    async with world_of(by_invitation) as world:
        invite = (await (await world.admin()).call("POST", "/auth/invites")).json()["code"]
        account = {"username": "ada", "email": "ada@example.org", "password": "a fine one", "invite": invite}
        key = {"Idempotency-Key": "k"}
        first, again = [await world.open_call("POST", "/auth/register", json=account, headers=key) for _ in range(2)]
        assert (first.status_code, again.status_code) == (201, 201) and first.json() == again.json()


async def test_invitations_are_for_admins(light: World) -> None:
    mod = await light.person(role="moderator")
    for method, path in (("POST", ""), ("GET", ""), ("DELETE", f"/{new_id()}")):
        assert code(await mod.call(method, f"/auth/invites{path}")) == (403, "forbidden")
    root = await light.admin()
    for body in ({"max_uses": 0}, {"max_uses": 10**6}, {"expires_in": 1}, {"code": "mine"}):
        assert code(await root.call("POST", "/auth/invites", json=body)) == (422, "invalid")


def _age(tx: WriteSession, invite_id: str, by: timedelta) -> None:
    mine = registration_invites.c.id == invite_id
    (end,) = tx.execute(select(registration_invites.c.expires_at).where(mine)).scalars()
    tx.execute(update(registration_invites).where(mine).values(expires_at=end - by))


def _rows(tx: ReadSession) -> list[object]:
    return list(tx.execute(select(registration_invites)))
