from services.rooms import __version__
from services.rooms.app import create_app
from services.rooms.settings import Settings
from services.rooms.tests.house import House, code_of
from shared.testing.nats import NatsServer
from shared.testing.plugin import caller_header, running
from shared.testing.waiting import eventually


async def test_ready_when_everything_it_needs_is_there(house: House) -> None:
    ready = await house.client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {
        "service": "rooms",
        "version": __version__,
        "instance": "",
        "ready": True,
        "checks": {"database": "ok", "nats": "ok"},
    }


async def test_events_reach_the_stream_under_the_request_that_caused_them(house: House) -> None:
    ada = house.person("ada")
    made = await house.call(ada, "POST", "/rooms", {"name": "Tea"}, headers={"X-Request-ID": "from-the-caller"})
    assert house.near.messaging.events[0]["request_id"] == made.headers["x-request-id"] == "from-the-caller"
    jetstream = house.near.gateway.js

    async def stored() -> int:
        return (await jetstream.stream_info("ROOMS")).state.messages

    await eventually(stored)


async def test_without_a_broker_it_reads_and_waits(settings: Settings) -> None:
    away = NatsServer()
    nowhere = settings.model_copy(update={"nats_url": away.url})
    async with running(create_app(nowhere)) as client:
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["checks"]["database"]) == (503, "ok")
        header = caller_header("rooms", "01890000-0000-7000-8000-000000000000")
        assert (await client.get("/api/v1/rooms", headers=header)).json() == {"items": [], "next_cursor": None}
        assert code_of(await client.post("/api/v1/rooms", json={"name": "Tea"}, headers=header)) == (503, "unavailable")
    away.close()
