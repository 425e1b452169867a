"""A person's data from all services, with those that did not answer named."""

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from services.auth import export
from services.auth.settings import Settings
from services.auth.tests.world import Person, World, code
from shared.bus import Bus
from shared.ids import new_id
from shared.problems import Unavailable
from shared.settings import ProcessSettings

Answer = Callable[[Any], Any]


@asynccontextmanager
async def neighbours(settings: Settings, **answers: Answer) -> AsyncIterator[None]:
    """Other services, as far as they answer."""
    async with AsyncExitStack() as stack:
        for service, answer in answers.items():
            bus = Bus(service, ProcessSettings(nats_url=settings.nats_url))
            await stack.enter_async_context(bus.connected())

            async def answered(question: Any, answer: Answer = answer) -> Any:
                return answer(question)

            await bus.serve("export", answered)
            await bus.ping()
        yield


async def test_everything_about_a_person_is_in_one_zip(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_SECONDS", 2.0)
    ada, bob = await world.person("ada"), await world.person("bob")
    await ada.call("PUT", f"/users/{bob.id}/block")
    made = (await ada.call("POST", "/auth/tokens", json={"name": "robot", "scopes": ["read"]})).json()

    def pages(question: Any) -> Any:
        assert question["user_id"] == ada.id
        page = int(question.get("after", "0"))
        more = {"next": str(page + 1)} if page < 2 else {}
        return {"files": {"messages.json": [f"message {page}"]}} | more

    def away(_: Any) -> Any:
        raise Unavailable("The database is unavailable.")

    answers = {"rooms": lambda _: {"files": {"rooms.json": []}}, "messaging": pages, "moderation": away}
    async with neighbours(settings, **answers):
        manifest, files = await exported(ada)
    assert manifest["user_id"] == ada.id and manifest["made_at"].endswith("Z")
    told = {service: (part["complete"], part["missing"]) for service, part in manifest["services"].items()}
    assert told == {
        "auth": (True, None),
        "rooms": (True, None),
        "messaging": (True, None),
        "moderation": (False, "The database is unavailable."),
        "files": (False, "Nobody answers rpc.files.export."),
    }
    assert files["rooms/rooms.json"] == []
    assert files["messaging/messages.json"] == ["message 0", "message 1", "message 2"]
    assert files["auth/account.json"] == ada.me
    (session,) = files["auth/sessions.json"]
    assert (session["id"], session["current"]) == (ada.session_id, True)
    assert [token["id"] for token in files["auth/tokens.json"]] == [made["id"]]
    assert [user["username"] for user in files["auth/blocked.json"]] == ["bob"]
    assert "argon2" not in json.dumps(files) and made["token"] not in json.dumps(files)


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {},
        {"files": []},
        {"files": {"../../etc/passwd": 1}},
        {"files": {"a/b.json": 1}},
        {"files": {".json": 1}},
        {"files": {"x.html": "<script>"}},
    ],
    ids=str,
)
async def test_an_answer_that_makes_no_sense_is_left_out(light: World, answer: Any) -> None:
    ada = await light.person("ada")
    async with neighbours(light.app.state.settings, rooms=lambda _: answer):
        manifest, files = await exported(ada)
    assert manifest["services"]["rooms"] == {"complete": False, "missing": "Its answer could not be read.", "files": []}
    assert not any(name.startswith("rooms") for name in files)


async def test_a_service_that_never_ends_is_not_asked_for_ever(light: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_MOST_PAGES", 5)
    ada, asked, pages = await light.person("ada"), list[Any](), [new_id() for _ in range(10)]

    def endless(question: Any) -> Any:
        asked.append(question.get("after"))
        return {"files": {"x.json": [1]}, "next": pages[len(asked)]}

    async with neighbours(light.app.state.settings, files=endless):
        manifest, files = await exported(ada)
    assert manifest["services"]["files"]["complete"] is False and files["files/x.json"] == [1] * 5
    assert asked == [None, *pages[1:5]]


async def test_only_so_many_get_theirs_at_once(light: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST_AT_ONCE", 1)
    ada, asked, release = await light.person("ada"), asyncio.Event(), asyncio.Event()
    rooms = Bus("rooms", ProcessSettings(nats_url=light.app.state.settings.nats_url))

    async def slow(_: Any) -> Any:
        asked.set()
        await release.wait()
        return {"files": {}}

    async with rooms.connected():
        await rooms.serve("export", slow)
        await rooms.ping()
        first = asyncio.create_task(ada.call("GET", "/users/me/export"))
        await asyncio.wait_for(asked.wait(), 10)
        assert code(await ada.call("GET", "/users/me/export")) == (503, "unavailable")
        release.set()
        assert (await first).status_code == 200
        assert (await ada.call("GET", "/users/me/export")).status_code == 200, "and then the next"


async def exported(person: Person) -> tuple[dict[str, Any], dict[str, Any]]:
    """The manifest, and what is in the other files."""
    answer = await person.call("GET", "/users/me/export")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip" and answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"] == 'attachment; filename="parley-export.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as opened:
        assert opened.testzip() is None
        files = {name: json.loads(opened.read(name)) for name in opened.namelist()}
    return files.pop("manifest.json"), files
