"""Requests over a real broker: answered, refused or timed out, and never later than agreed."""

import asyncio
from typing import Any

import pytest
from nats.aio.msg import Msg

from shared.bus import Bus
from shared.problems import Invalid, Problem, TooLarge, TooMany, Unavailable, UpstreamTimeout
from shared.settings import ProcessSettings
from shared.testing.nats import NatsServer
from shared.testing.processes import free_port
from shared.testing.waiting import eventually
from shared.tests.world import connected
from shared.web.request_id import current_request_id, request_id_bound


async def echo(question: Any) -> Any:
    return {"asked": question, "request_id": current_request_id()}


async def answered(bus: Bus, subject: str, question: Any = None) -> Any:
    """The answer, once the server's subscription has reached the broker."""

    async def ask() -> Any:
        try:
            return await bus.request(subject, question)
        except Unavailable as problem:
            raise AssertionError(problem) from problem

    return await eventually(ask)


async def test_an_answer_comes_back_under_the_same_request_id(nats_server: NatsServer) -> None:
    async with connected("asked", nats_server.url) as server, connected("asker", nats_server.url) as client:
        await server.serve("echo", echo)
        with request_id_bound("one-request"):
            answer = await answered(client, "rpc.asked.echo", {"text": "é"})
        assert answer == {"asked": {"text": "é"}, "request_id": "one-request"}
        await client.ping()


async def test_bytes_pass_unchanged(nats_server: NatsServer) -> None:
    async def frame(question: Any) -> bytes:
        return b'[{"any":"bytes"}]'

    async with connected("asked", nats_server.url) as server, connected("asker", nats_server.url) as client:
        await server.serve("frame", frame)
        await answered(client, "rpc.asked.frame")
        assert await client.request_raw("rpc.asked.frame", b"{}") == b'[{"any":"bytes"}]'


async def test_nobody_there_is_told_at_once(nats_server: NatsServer) -> None:
    async with connected("asker", nats_server.url) as client:
        with pytest.raises(Unavailable):  # and not UpstreamTimeout: nobody was waited for
            await client.request("rpc.nobody.here", {})


async def test_an_answer_goes_nowhere_but_into_an_inbox(nats_server: NatsServer) -> None:
    heard: list[str] = []

    async def hear(message: Msg) -> None:
        heard.append(message.subject)

    async with connected("asked", nats_server.url) as server, connected("asker", nats_server.url) as client:
        await server.serve("echo", echo)
        for subject in ("auth.session.1.revoked", client.new_inbox()):
            await client.subscribe(subject, hear)
        inbox = next(each.subject for each in client.subscriptions if each.subject.startswith("_INBOX"))
        await answered(client, "rpc.asked.echo")
        for reply in ("auth.session.1.revoked", inbox):
            await client.send("rpc.asked.echo", b"{}", reply=reply)
        await eventually(lambda: heard)
        assert heard == [inbox]


async def test_the_problem_of_the_other_side_is_raised_here(nats_server: NatsServer) -> None:
    problems = {
        "invalid": Invalid("bad_word", "No such word.", [{"loc": ["a"], "msg": "no", "type": "x"}]),
        "often": TooMany("slow_mode", "Wait.", 7, most=1, seconds=9),
        "away": Unavailable("Closed.", 9),
        "slow": UpstreamTimeout("Too slow."),
    }

    async def refuse(question: Any) -> None:
        raise problems[question]

    async with connected("asked", nats_server.url) as server, connected("asker", nats_server.url) as client:
        await server.serve("refuse", refuse)
        await server.serve("echo", echo)
        await answered(client, "rpc.asked.echo")
        for name, sent in problems.items():
            with pytest.raises(Problem) as caught:
                await client.request("rpc.asked.refuse", name)
            got = caught.value
            assert (got.status, got.code, got.detail, got.title) == (sent.status, sent.code, sent.detail, sent.title)
            assert (got.errors, got.retry_after) == (sent.errors, sent.retry_after)
        with pytest.raises(Unavailable):
            await client.request("rpc.asked.refuse", "away")


async def test_whatever_happens_in_a_handler_is_answered(nats_server: NatsServer) -> None:
    async def crash(question: Any) -> Any:
        raise ZeroDivisionError

    async def unspeakable(question: Any) -> Any:
        return object()

    async def huge(question: Any) -> Any:
        return b"x" * (2 * 1024 * 1024)

    async with connected("asked", nats_server.url) as server, connected("asker", nats_server.url) as client:
        await server.serve("echo", echo)
        await answered(client, "rpc.asked.echo")
        for name, handler, status in (("crash", crash, 500), ("unspeakable", unspeakable, 500), ("huge", huge, 413)):
            await server.serve(name, handler)
            await server.ping()
            with pytest.raises(Problem) as caught:
                await client.request(f"rpc.asked.{name}", {})
            assert caught.value.status == status
        with pytest.raises(Problem) as caught:
            await client.request_raw("rpc.asked.echo", b"{")
        assert caught.value.status == 400
        with pytest.raises(TooLarge):
            await client.request_raw("rpc.asked.echo", b"x" * (2 * 1024 * 1024))


async def test_a_slow_answer_is_given_up(nats_server: NatsServer) -> None:
    go_on = asyncio.Event()

    async def wait(question: Any) -> Any:
        await go_on.wait()

    async with connected("asked", nats_server.url) as server, connected("asker", nats_server.url) as client:
        await server.serve("wait", wait)
        await server.ping()
        patient = asyncio.create_task(client.request("rpc.asked.wait", {}, timeout=60))
        with pytest.raises(UpstreamTimeout):
            await client.request("rpc.asked.wait", {}, timeout=0.3)
        assert not patient.done()
        go_on.set()
        await patient


async def test_more_than_can_be_run_is_refused(nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.remote._MOST_AT_ONCE", 2)
    go_on = asyncio.Event()

    async def wait(question: Any) -> Any:
        await go_on.wait()
        return "done"

    async with connected("asked", nats_server.url) as server, connected("asker", nats_server.url) as client:
        await server.serve("wait", wait)
        await server.ping()
        first = [asyncio.create_task(client.request("rpc.asked.wait", n)) for n in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await client.request("rpc.asked.wait", "third")
        go_on.set()
        assert await asyncio.gather(*first) == ["done", "done"]


async def test_a_black_hole_is_noticed_and_left(own_nats_server: NatsServer) -> None:
    async with connected("asked", own_nats_server.url) as server, connected("asker", own_nats_server.url) as client:
        await server.serve("echo", echo)
        await answered(client, "rpc.asked.echo")
        own_nats_server.pause()
        with pytest.raises(UpstreamTimeout):
            await client.request("rpc.asked.echo", {}, timeout=0.5)
        await eventually(lambda: not client.is_connected, within=30)
        with pytest.raises(Unavailable):
            await client.ping()
        own_nats_server.resume()
        assert await answered(client, "rpc.asked.echo", "back")


async def test_without_the_broker_a_request_is_refused_in_time_and_never_sent(own_nats_server: NatsServer) -> None:
    heard: list[Any] = []

    async def listen(question: Any) -> Any:
        heard.append(question)
        return "ok"

    async with connected("asked", own_nats_server.url) as server, connected("asker", own_nats_server.url) as client:
        await server.serve("listen", listen)
        await answered(client, "rpc.asked.listen", "before")
        own_nats_server.kill()
        await eventually(lambda: not client.is_connected)
        with pytest.raises(Unavailable):  # and not UpstreamTimeout: half of the time is for the broker to come back
            await client.request("rpc.asked.listen", "lost", timeout=1)
        with pytest.raises(Unavailable):
            await client.publish("anything", b"lost")
        own_nats_server.start()
        assert await answered(client, "rpc.asked.listen", "after") == "ok"
        assert heard == ["before", "after"]


async def test_a_request_survives_a_short_absence(own_nats_server: NatsServer) -> None:
    async with connected("asked", own_nats_server.url) as server, connected("asker", own_nats_server.url) as client:
        await server.serve("echo", echo)
        await answered(client, "rpc.asked.echo")
        own_nats_server.kill()
        await eventually(lambda: not client.is_connected and not server.is_connected)
        own_nats_server.start()
        await eventually(lambda: server.is_connected)
        assert (await client.request("rpc.asked.echo", "again", timeout=4))["asked"] == "again"


async def test_it_starts_before_the_broker_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.bus._FIRST_CONNECT", 0.1)
    broker = NatsServer()
    reconnects: list[str] = []
    try:
        async with connected("asked", broker.url) as server:
            server.on_reconnect.append(lambda: reconnects.append("up"))
            await server.serve("echo", echo)
            assert not server.is_connected
            broker.start()
            await eventually(lambda: server.is_connected)
            assert (await answered(server, "rpc.asked.echo", 1))["asked"] == 1
            assert reconnects == ["up"]
    finally:
        broker.close()


async def test_being_shut_out_is_not_for_ever() -> None:
    """A refused connection ends nats-py's client; the bus goes on with another."""
    users = 'authorization {{ users: [{{ user: "asked", password: "{}" }}] }}'
    broker = NatsServer(users.format("old"))
    broker.start()
    settings = ProcessSettings(nats_url=broker.url, nats_user="asked", nats_password="new")
    bus = Bus("asked", settings)
    try:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(answer_when_let_in(bus))
            broker.kill()
            broker.configure(users.format("new"))
            broker.start()
            assert (await running)["asked"] == "let in"
    finally:
        broker.close()


async def answer_when_let_in(bus: Bus) -> Any:
    async with bus.connected():
        await bus.serve("echo", echo)
        return await answered(bus, "rpc.asked.echo", "let in")


async def test_subscriptions_hear_everything_until_they_end(nats_server: NatsServer) -> None:
    heard: list[bytes] = []

    async def hear(message: Any) -> None:
        heard.append(message.data)

    async with connected("teller", nats_server.url) as teller, connected("hearer", nats_server.url) as hearer:
        subscription = await hearer.subscribe("news.>", hear)
        await hearer.ping()
        await teller.publish("news.today", b"1")
        await eventually(lambda: heard == [b"1"])
        await subscription.unsubscribe()
        await hearer.ping()
        await teller.publish("news.today", b"2")
        await teller.ping()
        await hearer.ping()
        assert heard == [b"1"]


async def test_the_port_of_another_program_is_no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.bus._FIRST_CONNECT", 0.1)
    async with connected("asker", f"nats://127.0.0.1:{free_port()}") as client:
        with pytest.raises(Unavailable):
            await client.request("rpc.any.thing", {}, timeout=0.2)
