"""Full-text search: words and their beginnings, in one room, and never an error."""

import httpx
import pytest

from services.messaging.tests.world import World, get

HOSTILE = (
    '"',
    "'",
    "\\",
    "%",
    "_",
    "*",
    "a OR",
    "NEAR(",
    "body:x",
    "room : y",
    "^a",
    "-",
    "a & | ! b",
    "':*",
    "AND NOT OR",
    "{x}",
    "(((",
    "a\tb\nc",
    "𝕏" * 50,
    "e\u0301" * 40,
    "<->",
    "; DROP TABLE messages; --",
    "word " * 39,
)


async def found(http: httpx.AsyncClient, user_id: str, room_id: str, query: str) -> list[str]:
    answer = await get(http, user_id, f"/rooms/{room_id}/search?q={_quoted(query)}")
    assert answer.status_code == 200, (query, answer.text)
    return [message["content"] for message in answer.json()["items"]]


def _quoted(query: str) -> str:
    return str(httpx.QueryParams({"q": query}))[2:]


async def test_every_word_is_the_beginning_of_one_in_the_message(world: World, http: httpx.AsyncClient) -> None:
    anna, ben, room_id = await world.pair()
    other = await world.room(anna)
    for number, text in enumerate(
        ("the quick brown fox", "a fox, a fox!", "see example.org/quick-start", "Größe und Äpfel", "unrelated")
    ):
        await world.send(anna, room_id, text, str(number))
    await world.send(anna, other, "a fox in another room", "x")
    assert await found(http, ben, room_id, "fox") == ["a fox, a fox!", "the quick brown fox"]
    assert await found(http, ben, room_id, "QUI fo") == ["the quick brown fox"]
    assert await found(http, ben, room_id, "start example") == ["see example.org/quick-start"]
    assert await found(http, ben, room_id, "größ") == ["Größe und Äpfel"]
    assert await found(http, ben, room_id, "ox") == []
    assert await found(http, ben, room_id, "... !!!") == []
    for query in HOSTILE:
        await found(http, ben, room_id, query)
    assert (await get(http, ben, f"/rooms/{other}/search?q=fox")).status_code == 403


async def test_edits_and_deletions_are_followed(world: World, http: httpx.AsyncClient) -> None:
    anna, _, room_id = await world.pair()
    sent = [await world.send(anna, room_id, f"first {n}", str(n)) for n in range(3)]
    about = [{"room_id": room_id, "message_id": one["message_id"]} for one in sent]
    await world.commands(
        [anna],
        [
            {"by": 0, "op": "edit", **about[0], "content": "second"},
            {"by": 0, "op": "edit", **about[0], "content": "third"},
            {"by": 0, "op": "delete", **about[1]},
        ],
    )
    assert await found(http, anna, room_id, "first") == ["first 2"]
    assert await found(http, anna, room_id, "second") == []
    assert await found(http, anna, room_id, "thi") == ["third"]


async def test_results_come_in_pages(world: World, http: httpx.AsyncClient) -> None:
    anna, _, room_id = await world.pair()
    for number in range(7):
        await world.send(anna, room_id, f"word {number}", str(number))
    contents: list[str] = []
    cursor = ""
    for _ in range(4):
        page = (await get(http, anna, f"/rooms/{room_id}/search?q=word&limit=2{cursor}")).json()
        contents += [message["content"] for message in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert page["next_cursor"] is None
    assert contents == [f"word {number}" for number in reversed(range(7))]


@pytest.mark.parametrize("query", ["", "x" * 201])
async def test_a_query_has_a_sane_length(world: World, http: httpx.AsyncClient, query: str) -> None:
    anna, _, room_id = await world.pair()
    assert (await get(http, anna, f"/rooms/{room_id}/search?q={query}")).status_code == 422
