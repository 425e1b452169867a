"""Sending until the limit of messages says no, over HTTP and over a socket."""

import httpx

from tests.system.person import Person, api


async def over_http(base: str, person: Person, room_id: str, times: int, limit: int) -> int:
    """How many of the sends were let through; a refusal says when to come again, and what the limit is."""
    async with api(base, person.token) as http:
        answers = [await http.post(f"/rooms/{room_id}/messages", json={"content": "x"}) for _ in range(times)]
    assert {answer.status_code for answer in answers} <= {201, 429}
    for answer in (answer for answer in answers if answer.is_error):
        assert int(answer.headers["Retry-After"]) > 0 and answer.headers["RateLimit-Limit"] == str(limit)
    return sum(answer.status_code == 201 for answer in answers)


async def over_a_socket(base: str, person: Person, room_id: str, times: int) -> int:
    """The same by frames."""
    device = Person(base, person.username, person.tokens, {"id": person.id})
    acked = 0
    async with device.socket(f"/ws/{room_id}") as socket:
        for number in range(times):
            await socket.send(type="message.send", client_id=f"{id(socket)}-{number}", content="x")
        for _ in range(times):
            while (frame := await socket.next())["type"] not in ("ack", "error"):
                pass
            assert frame["type"] == "ack" or (frame["code"] == "rate_limited" and frame["retry_after"] > 0), frame
            acked += frame["type"] == "ack"
    return acked


async def counted_alone(base: str) -> float:
    """How often a gateway has counted by itself, because the shared store failed."""
    async with httpx.AsyncClient() as http:
        metrics = (await http.get(f"{base}/metrics")).text
    [told] = [line for line in metrics.splitlines() if line.startswith("parley_limits_fallback_total")]
    return float(told.split()[-1])
