import pytest

from services.moderation.app import create_app
from services.moderation.settings import Settings
from services.moderation.tests.house import House, code_of
from services.moderation.tests.neighbours import Neighbours
from shared.ids import new_id
from shared.testing.plugin import running
from shared.testing.waiting import eventually

PASS = {"action": "pass"}
BLOCK = {"action": "block", "reason": "profanity", "code": "profanity"}


async def test_the_words_of_the_house(house: House) -> None:
    ada, admin = house.person(), house.person("admin")
    room = await house.room(ada, profanity="block")
    await eventually(lambda: _blocks(house, room))
    lists = {"blocked": ["Xyzzy", "*plugh*", "buy now", "xyzzy"], "allowed": ["fuck"], "refused": ["хуй", "他妈的"]}
    kept = await house.done(admin, "PUT", "/moderation/words", lists)
    assert kept == {"blocked": ["*plugh*", "buy now", "xyzzy"], "allowed": ["fuck"], "refused": ["хуй", "他妈的"]}
    assert await house.done(admin, "GET", "/moderation/words") == kept
    for text in ("x.y.z.z.y", "a x y z z y", "XYZZY!", "unplughed", "Buy  now, all of it", "what a bitch"):
        assert await house.judged(room, ada, text) == BLOCK, text
    for text in ("what the fuck", "xyzzyx", "buy it now", "plug"):
        assert await house.judged(room, ada, text) == PASS, text
    await house.done(admin, "PUT", "/moderation/words", {})
    assert await house.judged(room, ada, "what the fuck xyzzy") == BLOCK
    assert await house.judged(room, ada, "xyzzy") == PASS


async def test_what_is_refused_is_refused_everywhere_but_other_words_only_where_the_room_says(house: House) -> None:
    ada, bob, admin = house.person(), house.person(), house.person("admin")
    plain, direct = await house.room(ada, bob), await house.room(ada, bob, kind="direct", profanity="block")
    await house.done(admin, "PUT", "/moderation/words", {"refused": ["хуй", "terrible phrase", "他妈的"]})
    for room in (plain, direct, new_id()):
        assert await house.judged(room, ada, "fuck") == PASS
        for text in ("Хуй!", "a terr1ble  phrase", "我他妈的累"):
            assert await house.judged(room, ada, text) == BLOCK, text
        assert await house.judged(room, ada, "хуйло? подхуйный") == PASS, "not within longer words"


async def test_a_room_sets_what_becomes_of_words(house: House) -> None:
    ada = house.person()
    room = await house.room(ada, profanity="mask")
    masked = {"action": "mask", "text": "what the **** is this", "reason": "profanity"}

    async def judged_as(expected: dict[str, str]) -> bool:
        return await house.judged(room, ada, "what the f*ck is this") == expected

    await eventually(lambda: judged_as(masked))
    for profanity, expected in (("block", BLOCK), ("off", PASS), ("mask", masked)):
        told = {"id": room, "name": "Room", "kind": "public", "profanity": profanity}
        await house.near.rooms.tell("room.updated", room, {"room": told})
        await eventually(lambda expected=expected: judged_as(expected), within=3)  # type: ignore[misc]
    await house.near.rooms.tell("room.deleted", room, {"room_id": room})
    await eventually(lambda: judged_as(PASS))


async def test_names_that_everybody_sees_are_judged_everywhere(settings: Settings, near: Neighbours) -> None:
    async with running(create_app(settings.model_copy(update={"names": "mask"}))) as client:
        house = House(client, near)
        ada = house.person()
        strict, plain = await house.room(ada, profanity="block"), await house.room(ada)
        await eventually(lambda: _blocks(house, strict))
        for kind in ("room_name", "topic", "display_name"):
            assert (await house.judged(plain, ada, "fuck club", kind))["action"] == "mask"
            assert await house.judged(plain, ada, "book club", kind) == PASS
        assert await house.judged("", ada, "fuck.txt", "display_name") != PASS
        assert await house.judged(strict, ada, "fuck club", "topic") == BLOCK
        assert await house.judged(strict, ada, "fuck.txt", "file_name") == BLOCK
        assert await house.judged(plain, ada, "fuck.txt", "file_name") == PASS


async def test_a_room_has_words_of_its_own(house: House) -> None:
    ada, bob, keeper, stranger = house.person(), house.person(), house.person("moderator"), house.person()
    room = await house.room(ada, bob, profanity="block")
    await eventually(lambda: _blocks(house, room))
    path = f"/rooms/{room}/words"
    assert await house.done(ada, "GET", path) == {"blocked": [], "allowed": []}
    kept = await house.done(ada, "PUT", path, {"blocked": ["pineapple"], "allowed": ["shit"]})
    assert await house.done(keeper, "GET", path) == kept == {"blocked": ["pineapple"], "allowed": ["shit"]}
    assert await house.judged(room, ada, "p1neapple pizza") == BLOCK
    assert await house.judged(room, ada, "oh shit") == PASS
    assert await house.judged(room, ada, "oh fuck") == BLOCK
    for who in (bob, stranger):
        assert code_of(await house.call(who, "GET", path)) == (403, "not_allowed")
        assert code_of(await house.call(who, "PUT", path, {})) == (403, "not_allowed")
    acts = (await house.done(house.person("admin"), "GET", "/moderation/audit", room_id=room))["items"]
    assert [(each["actor_id"], each["action"], each["reason"]) for each in acts] == [
        (ada.user_id, "set_words", "1 blocked, 1 allowed")
    ]


async def test_words_are_for_admins_and_have_a_form(house: House) -> None:
    for who in (house.person(), house.person("moderator")):
        assert code_of(await house.call(who, "GET", "/moderation/words")) == (403, "not_allowed")
        assert code_of(await house.call(who, "PUT", "/moderation/words", {"blocked": ["ab"]})) == (403, "not_allowed")
    admin = house.person("admin")
    for wrong in (
        {"blocked": ["a"]},
        {"blocked": ["***"]},
        {"blocked": ["x" * 101]},
        {"blocked": [""]},
        {"blocked": [7]},
        {"blocked": "word"},
        {"banned": ["word"]},
        {"blocked": ["a\u202eb"]},
    ):
        assert code_of(await house.call(admin, "PUT", "/moderation/words", wrong)) == (422, "invalid"), wrong


@pytest.mark.parametrize("broker", ["there", "away"])
async def test_every_replica_knows_within_a_second(
    settings: Settings, near: Neighbours, broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the broker by being told; without, by looking. Each process judges by what it knows itself."""
    if broker == "there":
        monkeypatch.setattr("services.moderation.board._POLL", 60)
    one, other = create_app(settings), create_app(settings)
    async with running(one) as client, running(other) as replica:
        for each in (client, replica):  # ready means that the broker knows its subscriptions
            assert (await each.get("/readyz")).status_code == 200
        house = House(client, near)
        ada, admin = house.person(), house.person("admin")
        room = await house.room(ada, profanity="block")
        boards = [app.state.wiring.board for app in (one, other)]
        if broker == "away":
            monkeypatch.setattr(boards[0], "_bus", _Mute())
        await house.done(admin, "PUT", f"/rooms/{room}/words", {"blocked": ["xyzzy"]})
        await house.done(admin, "PUT", "/moderation/words", {"refused": ["xyzzy"]})
        asked = [_text(room, ada.user_id)]
        assert [each.action for each in boards[0].judge(asked)] == ["block"], "before the answer"
        await eventually(lambda: [each.action for each in boards[1].judge(asked)] == ["block"])


class _Mute:
    async def publish(self, *_: object) -> None:
        """Nobody hears it."""


def _text(room_id: str, author_id: str) -> object:
    from services.moderation.texts import Text

    return Text(room_id, author_id, "message", "xyzzy")


async def _blocks(house: House, room: str) -> bool:
    return await house.judged(room, house.person(), "fuck") == BLOCK
