"""Every operation of the public document, through the gateway to the real services."""

import asyncio

import httpx
import pytest

from shared.testing.contract.fuzz import World, keeps_to_its_document
from shared.testing.contract.hostile import refuses_hostile_json
from shared.testing.contract.operations import operations

pytestmark = pytest.mark.xdist_group("contract")


@pytest.fixture
async def document(base: str) -> dict[str, object]:
    """What the gateway says that it and the services do."""
    async with httpx.AsyncClient(base_url=base) as client:
        told: dict[str, object] = (await client.get("/openapi.json")).json()
    return told


async def test_no_hostile_body_gets_past_a_problem(document: dict[str, object], base: str, world: World) -> None:
    headers = await asyncio.to_thread(world.headers, "admin")
    refused = await refuses_hostile_json(document, base, headers, world.known)
    assert refused >= 60 * len([one for one in operations(document) if one.json_body is not None]) > 0


async def test_every_answer_is_a_documented_one(document: dict[str, object], base: str, world: World) -> None:
    await asyncio.to_thread(keeps_to_its_document, document, base, world, examples=6)
