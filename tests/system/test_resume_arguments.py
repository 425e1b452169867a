"""P05: whatever a socket says it has seen, it gets exactly the rest, or is told at once that it can't."""

import asyncio
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.system.parley import Parley
from tests.system.person import Person, is_entry, register

HEAD = 12
_numbers = st.integers(-2, HEAD + 3) | st.sampled_from((2**31, 2**53, 2**63 - 1, 2**63, 2**64, -(2**63)))
_texts = st.sampled_from(("", " ", "+1", "1e3", "0x1", "１", "1_0", "nan", "1 ", "-0", "00", "007"))
_epochs = st.sampled_from((None, "right", "another", ""))


def test_the_rest_or_a_word_at_once(parley: Parley) -> None:
    with asyncio.Runner() as runner:
        anna, room_id, epoch = runner.run(_room(parley.base))

        @settings(
            max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
        )
        @given(_numbers.map(str) | _texts, _epochs)
        def check(since: str, said: str | None) -> None:
            query = {"since": since} | ({} if said is None else {"epoch": epoch if said == "right" else said})
            runner.run(_resumed(anna, room_id, query, same=said in (None, "", "right")))

        check()


async def _room(base: str) -> tuple[Person, str, str]:
    anna = await register(base, "anna")
    room_id = (await anna.create_room())["id"]
    for number in range(HEAD - 1):
        await anna.call("POST", f"/rooms/{room_id}/messages", 201, json={"content": str(number)})
    async with anna.socket(f"/ws/{room_id}") as socket:
        return anna, room_id, (await socket.until("ready"))["epoch"]


async def _resumed(anna: Person, room_id: str, query: dict[str, Any], *, same: bool) -> None:
    since = query["since"]
    async with anna.socket(f"/ws/{room_id}", **query) as socket:
        if not (since.isascii() and since.isdigit() and int(since) < 2**63):
            assert (await socket.closed())[0] == 4400
            return
        ready = await socket.next()
        whole = same and int(since) <= HEAD
        assert (ready["type"], ready["seq"], ready["resumed"]) == ("ready", HEAD, whole)
        last = await socket.until("caught_up" if whole else "resync")
        assert last["seq"] == HEAD
        await socket.send(type="ping", id=1)
        await socket.until("pong")
        shown = [frame["seq"] for frame in socket.seen if is_entry(frame)]
        assert shown == (list(range(int(since) + 1, HEAD + 1)) if whole else [])
