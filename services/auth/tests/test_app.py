"""The service as a whole: ready, telling its news, hearing others', asked over NATS."""

from typing import Any

import pytest
from nats.js.errors import NotFoundError

import shared.bus
from services.auth import __version__
from services.auth.events import PUBLISHED
from services.auth.settings import Settings
from services.auth.tests.conftest import Start
from services.auth.tests.world import World, code
from shared.bus import Bus
from shared.ids import new_id
from shared.problems import Problem
from shared.settings import ProcessSettings
from shared.testing.nats import NatsServer
from shared.testing.plugin import anonymous_header
from shared.testing.waiting import eventually

NONSENSE: tuple[Any, ...] = ({}, {"ids": "x"}, {"ids": ["x"] * 1001}, {"ids": [1]}, {"ids": ["x" * 65]}, [], None)


async def test_ready_when_everything_it_needs_is_there(world: World) -> None:
    ready = await world.client.get("/readyz")
    checks = {"database": "ok", "nats": "ok"}
    said = {"service": "auth", "version": __version__, "instance": "", "ready": True, "checks": checks}
    assert (ready.status_code, ready.json()) == (200, said)


async def test_without_a_broker_people_still_log_in(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.bus, "_FIRST_CONNECT", 0.1)
    away = NatsServer()
    async with start(nats_url=away.url) as world:
        ready = await world.client.get("/readyz")
        assert (ready.status_code, ready.json()["checks"]["database"]) == (503, "ok")
        await world.person("ada")
        assert len(await world.told()) == 1, "told when the broker is back"
    away.close()


async def test_news_reach_the_stream_under_the_request_that_caused_them(world: World) -> None:
    account = {"username": "ada", "email": "ada@example.org", "password": "a fine one"}
    made = await world.open_call("POST", "/auth/register", json=account, headers={"X-Request-ID": "from-the-caller"})
    assert made.headers["x-request-id"] == "from-the-caller"

    async def pulled() -> Any:
        return await world.bus.request("rpc.auth.outbox", {"after": 0})

    (event,) = (await pulled())["events"]
    assert (event["subject"], event["request_id"]) == (f"auth.user.{made.json()['id']}.registered", "from-the-caller")

    async def stored() -> int:
        try:
            return (await world.bus.js.stream_info("AUTH")).state.messages
        except NotFoundError:  # the relay has not made it yet
            return 0

    await eventually(stored)


def test_every_event_has_a_schema() -> None:
    assert {event.__name__ for event in PUBLISHED} == {
        "UserRegistered",
        "UserUpdated",
        "UserRoleChanged",
        "UserBanned",
        "UserUnbanned",
        "UserDeleted",
        "UserBlocked",
        "UserUnblocked",
        "SessionRevoked",
    }


async def test_others_ask_who_people_are(world: World) -> None:
    ada = await world.person("ada")
    gone = await world.person("bob")
    await gone.call("DELETE", "/users/me", json={"password": "a fine password for tests"})
    asked = {"ids": [ada.id, gone.id, new_id(), "x\0y", ""]}
    (user,) = (await world.bus.request("rpc.auth.users", asked))["users"]
    assert user == {name: value for name, value in ada.me.items() if not name.startswith("email")}
    for nonsense in NONSENSE:
        with pytest.raises(Problem) as refused:
            await world.bus.request("rpc.auth.users", nonsense)
        assert refused.value.status == 422
    for method in ("tickets.redeem", "tokens.recognise"):
        for odd in ({"ticket": 1, "digest": 1}, {"ticket": "x" * 1025, "digest": "x" * 65}, *NONSENSE[-2:]):
            with pytest.raises(Problem) as refused:
                await world.bus.request(f"rpc.auth.{method}", odd)
            assert refused.value.status == 422


async def test_a_new_picture_is_heard_of_and_told(world: World, settings: Settings) -> None:
    ada = await world.person("ada")
    files = Files(settings)
    async with files.bus.connected():
        await files.serve()
        await files.tell(ada.id, "/api/v1/avatars/1")
        await files.tell(new_id(), "/api/v1/avatars/2")
        await files.tell(ada.id, "/api/v1/avatars/1")
        await files.tell(ada.id, None)

        async def told_twice() -> Any:
            news = await world.told_of("user.updated")
            return news if len(news) == 2 else None

        first, second = await eventually(told_twice)
    assert (first["user"]["avatar_url"], second["user"]["avatar_url"]) == ("/api/v1/avatars/1", None)
    assert (await ada.call("GET", "/users/me")).json()["avatar_url"] is None


class Files:
    """The files service, as far as auth follows it: a log of events that can be pulled."""

    def __init__(self, settings: Settings) -> None:
        self.bus = Bus("files", ProcessSettings(nats_url=settings.nats_url))
        self._epoch = new_id()
        self._log: list[dict[str, Any]] = []

    async def serve(self) -> None:
        """Let it be pulled."""
        await self.bus.serve("outbox", self._outbox)
        await self.bus.ping()

    async def tell(self, user_id: str, avatar_url: str | None) -> None:
        """Somebody has another picture; what auth does not know of it is ignored."""
        data = {"user_id": user_id, "avatar_url": avatar_url, "of a newer version": 1}
        event = {"id": len(self._log) + 1, "epoch": self._epoch, "producer": "files", "type": "avatar.updated"}
        subject = f"files.avatar.{user_id}.updated"
        self._log.append(event | {"subject": subject, "at": "2026-11-25T00:00:00.000Z", "data": data})

    async def _outbox(self, asked: dict[str, int]) -> Any:
        events = self._log[asked["after"] : asked["after"] + asked.get("limit", 500)]
        return {"epoch": self._epoch, "last": len(self._log), "events": events}


async def test_only_the_gateway_is_answered(light: World) -> None:
    """S154."""
    ada = await light.person("ada")
    bare = await light.client.get("/api/v1/users/me")
    forged = await light.client.get("/api/v1/users/me", headers={"X-User-Id": ada.id, "Authorization": "Bearer x"})
    for other in ("rooms", "gateway"):
        theirs = await light.client.get("/api/v1/users/me", headers=anonymous_header(other))
        assert code(theirs) == (401, "unauthorized")
    assert code(bare) == code(forged) == (401, "unauthorized")
