import pytest
from sqlalchemy import text

from services.moderation import __version__
from services.moderation.app import create_app
from services.moderation.settings import Settings
from services.moderation.tests.house import House, code_of
from services.moderation.texts import Text
from shared.database import Database, WriteSession
from shared.ids import new_id
from shared.problems import Unavailable
from shared.testing.hostile_json import HOSTILE_JSON
from shared.testing.nats import NatsServer
from shared.testing.plugin import caller_header, running
from shared.testing.waiting import eventually


async def test_ready_when_everything_it_needs_is_there(house: House) -> None:
    ready = await house.client.get("/readyz")
    assert (ready.status_code, ready.json()["version"]) == (200, __version__)
    assert ready.json()["checks"] == {"database": "ok", "nats": "ok"}


async def test_events_reach_the_stream_under_the_request_that_caused_them(house: House) -> None:
    ada, bob = house.person(), house.person()
    room = await house.room(ada, bob)
    path = f"/rooms/{room}/mute/{bob.user_id}"
    made = await house.call(ada, "POST", path, headers={"X-Request-ID": "from-the-caller"})
    assert house.near.messaging.pushed[0]["request_id"] == made.headers["x-request-id"] == "from-the-caller"
    jetstream = house.near.messaging.bus.js

    async def stored() -> int:
        return (await jetstream.stream_info("MODERATION")).state.messages

    await eventually(stored)


async def test_without_a_broker_it_reads_and_waits(settings: Settings) -> None:
    away = NatsServer()
    nowhere = settings.model_copy(update={"nats_url": away.url})
    async with running(create_app(nowhere)) as client:
        header = caller_header("moderation", new_id(), role="admin")
        assert (await client.get("/readyz")).json()["checks"]["database"] == "ok"
        put = await client.put("/api/v1/moderation/words", json={"blocked": ["xyzzy"]}, headers=header)
        assert put.status_code == 200, "what needs nobody else goes on"
        assert (await client.get("/api/v1/moderation/audit", headers=header)).json()["items"][0][
            "action"
        ] == "set_words"
        restrict = await client.post(f"/api/v1/moderation/mute/{new_id()}", headers=header)
        assert code_of(restrict) == (503, "unavailable")
    away.close()


async def test_nothing_is_judged_before_it_is_known_what_is_in_force(settings: Settings, db: Database) -> None:
    def hidden(tx: WriteSession, old: str, new: str) -> None:
        tx.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))

    await db.write(hidden, "words", "hidden")
    app = create_app(settings)
    async with running(app):
        board = app.state.wiring.board
        asked = [Text(new_id(), new_id(), "message", "hello")]
        with pytest.raises(Unavailable):
            board.judge(asked)
        await db.write(hidden, "hidden", "words")
        await board.refresh()
        assert board.judge(asked)[0].action == "pass"


async def test_hostile_bodies_are_the_senders_fault(house: House) -> None:
    ada, bob = house.person(), house.person()
    room = await house.room(ada, bob)
    header = caller_header("moderation", ada.user_id) | {"content-type": "application/json"}
    for name, body in HOSTILE_JSON:
        for method, path in (("POST", f"mute/{bob.user_id}"), ("PUT", "rules"), ("PUT", "words")):
            url = f"/api/v1/rooms/{room}/{path}"
            answer = await house.client.request(method, url, content=body, headers=header)
            assert answer.status_code in (400, 422), (name, path, answer.text)
