"""Pages: complete, in order, and with cursors that only we can make."""

import httpx
import pytest

from shared.paging import decode_cursor, encode_cursor
from shared.problems import Problem
from shared.tests import toy

SECRET = b"0123456789abcdef0123456789abcdef"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


async def everything(client: httpx.AsyncClient, path: str, limit: int) -> tuple[list[str], int]:
    found: list[str] = []
    pages, cursor = 0, None
    while pages == 0 or cursor:
        query = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        page = (await client.get(path, params=httpx.QueryParams(path.partition("?")[2]).merge(query))).json()
        assert len(page["items"]) <= limit
        found += page["items"]
        pages, cursor = pages + 1, page["next_cursor"]
    return found, pages


@pytest.mark.parametrize(("limit", "pages"), [(1, 120), (7, 18), (40, 3), (100, 2)])
async def test_pages_show_everything_once(client: httpx.AsyncClient, limit: int, pages: int) -> None:
    assert await everything(client, "/api/v1/things", limit) == (toy.THINGS, pages)


async def test_the_last_page_may_be_full(client: httpx.AsyncClient) -> None:
    assert await everything(client, "/api/v1/things?q=-00000000011", 10) == (toy.THINGS[110:], 1)


async def test_a_page_has_50_by_default(client: httpx.AsyncClient) -> None:
    assert len((await client.get("/api/v1/things")).json()["items"]) == 50


async def test_a_cursor_fits_only_its_own_list(client: httpx.AsyncClient) -> None:
    cursor = (await client.get("/api/v1/things?limit=5")).json()["next_cursor"]
    assert (await client.get("/api/v1/things", params={"cursor": cursor})).status_code == 200
    answer = await client.get("/api/v1/things", params={"cursor": cursor, "q": "0"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


def test_any_change_to_a_cursor_is_noticed() -> None:
    cursor = encode_cursor(SECRET, b"here", ["2026-11-23", 7])
    assert decode_cursor(SECRET, b"here", cursor) == ["2026-11-23", 7]
    for at, letter in enumerate(cursor):
        for bit in range(6):
            changed = cursor[:at] + ALPHABET[ALPHABET.index(letter) ^ (1 << bit)] + cursor[at + 1 :]
            with pytest.raises(Problem, match="cursor"):
                decode_cursor(SECRET, b"here", changed)


@pytest.mark.parametrize("cursor", ["", "a", "é", "====", "A" * 22, "A" * 1_024, "null", "%00", "../..", " "])
def test_what_we_did_not_make_is_400(cursor: str) -> None:
    with pytest.raises(Problem) as caught:
        decode_cursor(SECRET, b"here", cursor)
    assert (caught.value.status, caught.value.code) == (400, "invalid_cursor")


def test_a_cursor_of_another_secret_or_place_is_400() -> None:
    cursor = encode_cursor(SECRET, b"here", [1])
    for secret, context in ((SECRET[::-1], b"here"), (SECRET, b"there")):
        with pytest.raises(Problem):
            decode_cursor(secret, context, cursor)


async def test_a_cursor_too_long_is_422(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/things", params={"cursor": "A" * 1_025})).status_code == 422
