"""Files and pictures of people, through the gateway and all services behind it."""

import secrets
from io import BytesIO
from typing import Any

import httpx
from PIL import Image

from shared.testing.waiting import eventually
from tests.system.person import Person, login, register


def picture(width: int = 640, height: int = 480) -> bytes:
    target = BytesIO()
    Image.new("RGB", (width, height), "teal").save(target, "PNG")
    return target.getvalue()


async def fetch(base: str, url: str, **headers: str) -> httpx.Response:
    """As an `<img>` does it: nobody is named but in the URL."""
    async with httpx.AsyncClient(base_url=base) as client:
        return await client.get(url, headers=headers)


async def upload(person: Person, room: dict[str, Any], content: bytes, name: str) -> Any:
    return await person.call("POST", f"/rooms/{room['id']}/files", 201, files={"file": (name, content)})


async def test_a_picture_in_a_room(base: str) -> None:
    owner, member, stranger = await register(base), await register(base), await register(base)
    room = await owner.create_room(kind="public")
    await member.join(room)
    file = await upload(owner, room, picture(), "teal.png")
    assert (file["width"], file["height"], file["content_type"]) == (640, 480, "image/png")
    seen = await member.call("GET", f"/files/{file['id']}", 200)
    content = await fetch(base, seen["url"])
    assert content.status_code == 200
    assert content.headers["x-content-type-options"] == "nosniff"
    assert content.headers["content-security-policy"] == "default-src 'none'; sandbox"
    part = await fetch(base, seen["url"], Range="bytes=0-7")
    assert (part.status_code, part.content) == (206, b"\x89PNG\r\n\x1a\n")
    assert (await fetch(base, seen["thumbnail_url"])).headers["content-type"] == "image/webp"
    await stranger.call("GET", f"/files/{file['id']}", 404)
    await stranger.call("GET", f"/files/{file['id']}/content", 404)
    assert (await fetch(base, f"/api/v1/files/{file['id']}/content")).status_code == 401
    await owner.call("DELETE", f"/rooms/{room['id']}/members/{member.id}", (202, 204))

    async def dead() -> bool:
        return (await fetch(base, seen["url"])).status_code == 404

    await eventually(dead)


async def test_who_is_not_in_a_room_is_told_so_only_of_a_public_one(base: str) -> None:
    owner, stranger = await register(base), await register(base)
    public, private = await owner.create_room(kind="public"), await owner.create_room(kind="private")

    async def told(room: dict[str, Any], status: int) -> set[str]:
        path = f"/rooms/{room['id']}"
        brought = await stranger.call("POST", f"{path}/files", status, files={"file": ("a.txt", b"tea")})
        direct = await stranger.call("POST", f"{path}/files/direct", status, json={"name": "a.txt", "size": 3})
        return {brought["code"], direct["code"]}

    said = await stranger.call("POST", f"/rooms/{public['id']}/messages", 403, json={"content": "tea"})
    assert await told(public, 403) == {said["code"]} == {"not_a_member"}
    assert await told(private, 404) == {"not_found"}
    await owner.call("PUT", f"/rooms/{public['id']}", 200, json={"kind": "private"})
    assert await told(public, 404) == {"not_found"}
    await stranger.call("POST", f"/rooms/{public['id']}/messages", 404, json={"content": "tea"})
    await owner.call("DELETE", f"/rooms/{private['id']}", 204)
    assert await told(private, 404) == {"not_found"}


async def test_a_link_ends_with_the_session(base: str) -> None:
    person = await register(base)
    room = await person.create_room()
    file = await upload(person, room, picture(), "teal.png")
    other = await login(base, person.username)
    seen = await other.call("GET", f"/files/{file['id']}", 200)
    await other.call("POST", "/auth/logout", 204)

    async def dead() -> bool:
        return (await fetch(base, seen["url"])).status_code == 401

    await eventually(dead)
    assert (await fetch(base, file["url"])).status_code == 200


async def test_a_file_goes_with_its_message(base: str) -> None:
    owner, member = await register(base), await register(base)
    room = await owner.create_room(kind="public")
    await member.join(room)
    file = await upload(owner, room, picture(), "teal.png")
    said = {"content": "look", "attachments": [file["id"]]}
    message = await owner.call("POST", f"/rooms/{room['id']}/messages", 201, json=said)
    [attached] = message["attachments"]
    assert attached["id"] == file["id"]
    assert (attached["width"], attached["blurhash"]) == (640, file["blurhash"])
    assert "token" not in attached["url"] + attached["thumbnail_url"], "what all may read is nobody's own"
    seen = await member.call("GET", f"/files/{file['id']}", 200)
    assert (await fetch(base, seen["url"])).status_code == 200
    await owner.call("DELETE", f"/messages/{message['id']}", (200, 204))

    async def gone() -> bool:
        return (await fetch(base, seen["url"])).status_code == 404

    await eventually(gone)
    await owner.call("GET", f"/files/{file['id']}", 404)
    await member.call("POST", f"/rooms/{room['id']}/messages", 404, json=said)


async def test_a_file_goes_with_a_message_that_is_deleted_at_once(base: str) -> None:
    """The log says nothing of the file any more by then: files must have been told before."""
    owner = await register(base)
    room = await owner.create_room()
    urls = []
    for _ in range(5):
        file = await upload(owner, room, picture(), "teal.png")
        said = {"content": "look", "attachments": [file["id"]]}
        message = await owner.call("POST", f"/rooms/{room['id']}/messages", 201, json=said)
        urls.append((await owner.call("GET", f"/files/{file['id']}", 200))["url"])
        await owner.call("DELETE", f"/messages/{message['id']}", (200, 204))

    async def gone() -> bool:
        return [(await fetch(base, url)).status_code for url in urls] == [404] * len(urls)

    await eventually(gone)


async def test_a_large_file_comes_back_as_it_was(base: str) -> None:
    person = await register(base)
    room = await person.create_room()
    content = secrets.token_bytes(8 * 1024 * 1024)
    file = await upload(person, room, content, "random.bin")
    assert (await fetch(base, file["url"])).content == content


async def test_a_picture_of_somebody(base: str) -> None:
    person, other = await register(base), await register(base)
    shown = await person.call("POST", "/users/upload-avatar", 200, files={"file": ("me.png", picture())})
    answer = await fetch(base, shown["avatar_url"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert Image.open(BytesIO(answer.content)).size == (480, 480)

    async def told(expected: str | None) -> bool:
        user = await other.call("GET", f"/users/{person.id}", 200)
        return bool(user["avatar_url"] == expected)

    await eventually(lambda: told(shown["avatar_url"]))
    await person.call("DELETE", "/users/avatar", 204)
    await eventually(lambda: told(None))
    assert (await fetch(base, shown["avatar_url"])).status_code == 404
    await person.call("POST", "/users/upload-avatar", 415, files={"file": ("a.svg", b"<svg/>")})
    await person.call("POST", "/users/upload-avatar", 413, files={"file": ("a.png", bytes(6 * 1024 * 1024))})
