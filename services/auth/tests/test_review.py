"""What everybody reads of a person passes by moderation first."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from services.auth.tests.world import World, code
from shared.bus import Bus
from shared.settings import ProcessSettings


@asynccontextmanager
async def moderation(world: World) -> AsyncIterator[list[dict[str, Any]]]:
    """Refuses `foul` and masks `rude`; what it was asked."""
    bus, asked = Bus("moderation", ProcessSettings(nats_url=world.app.state.settings.nats_url)), list[dict[str, Any]]()

    async def review(batch: Any) -> Any:
        asked.extend(batch["texts"])
        return {"verdicts": [verdict(each["text"]) for each in batch["texts"]]}

    def verdict(text: str) -> dict[str, str]:
        if "foul" in text:
            return {"action": "block", "reason": "profanity"}
        return {"action": "mask", "text": text.replace("rude", "****")} if "rude" in text else {"action": "pass"}

    async with bus.connected():
        await bus.serve("review", review)
        await bus.ping()
        yield asked


async def test_words_that_are_not_wanted_are_refused_or_masked(light: World) -> None:
    async with moderation(light) as asked:
        for account in ({"username": "foul"}, {"username": "rude"}, {"username": "ada", "display_name": "so foul"}):
            refused = await light.register(**account)
            assert code(refused) == (422, "profanity")
            assert refused.json()["errors"][0]["loc"] == ["body", list(account)[-1]]
        ada = await light.person("ada", display_name="rude Ada")
        assert ada.me["display_name"] == "**** Ada"
        changed = await ada.call("PUT", "/users/me", json={"bio": "a rude one", "email": "foul@example.org"})
        assert (changed.json()["bio"], changed.json()["email"]) == ("a **** one", "foul@example.org")
        assert code(await ada.call("PUT", "/users/me", json={"bio": "foul"})) == (422, "profanity")
    assert {(each["room_id"], each["kind"]) for each in asked} == {("", "display_name")}
    assert {each["author_id"] for each in asked} == {"", ada.id}


async def test_without_moderation_people_are_called_as_they_like(light: World) -> None:
    assert (await light.person("ada", display_name="rude and foul")).me["display_name"] == "rude and foul"
