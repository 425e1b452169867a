"""The faults of RELIABILITY.md §3.2 that can be done while people talk: each does its harm and heals it."""

import asyncio
import os
import random
import resource
import signal
from collections.abc import Awaitable, Callable

import nats
from nats.aio.msg import Msg

from tests.faults.arena import SERVICES, ProxiedArena
from tests.faults.crowd import Crowd

VICTIMS = (*SERVICES, "nats")
OTHERS = ("auth", "rooms", "moderation", "files")
_REPEATED = 40
_IO_ERROR = 74
Fault = Callable[[Crowd[ProxiedArena], random.Random], Awaitable[None]]


async def kill_messaging(crowd: Crowd[ProxiedArena], _: random.Random) -> None:
    """F01"""
    await crowd.arena.kill("messaging")


async def kill_gateway(crowd: Crowd[ProxiedArena], _: random.Random) -> None:
    """F03"""
    await crowd.arena.kill("gateway")


async def kill_another(crowd: Crowd[ProxiedArena], rng: random.Random) -> None:
    """F04"""
    await crowd.arena.kill(rng.choice(OTHERS))


async def kill_rooms_before_it_told(crowd: Crowd[ProxiedArena], _: random.Random) -> None:
    """F04: rooms dies while nobody has heard what it stored last, a removal among it."""
    proxy = crowd.arena.proxies["rooms"]
    proxy.cut()
    stored = crowd.arena.recorded("rooms")
    async with asyncio.timeout(60):
        while crowd.arena.recorded("rooms") < stored + 2:  # somebody joins and is removed, in turn
            await asyncio.sleep(0.02)
    await crowd.arena.kill("rooms")
    proxy.heal()


async def kill_nats(crowd: Crowd[ProxiedArena], rng: random.Random) -> None:
    """F05"""
    crowd.arena.nats.kill()
    await asyncio.sleep(rng.uniform(0, 0.5))
    crowd.arena.nats.start()


async def messaging_in_a_black_hole(crowd: Crowd[ProxiedArena], rng: random.Random) -> None:
    """F06"""
    await _held(crowd.arena, "messaging", rng.uniform(0.5, 3))


async def gateway_in_a_black_hole(crowd: Crowd[ProxiedArena], rng: random.Random) -> None:
    """F07"""
    await _held(crowd.arena, "gateway", rng.uniform(0.5, 3))


async def cut_from_nats(crowd: Crowd[ProxiedArena], rng: random.Random) -> None:
    """F06, F07: reset, and refused for a while."""
    proxy = crowd.arena.proxies[rng.choice(["gateway", "messaging", "rooms", "moderation"])]
    carried = proxy.carried
    proxy.cut()
    await asyncio.sleep(rng.uniform(0.2, 1))
    proxy.heal()
    async with asyncio.timeout(10):
        while proxy.carried == carried:
            await asyncio.sleep(0.02)


async def cut_gateway(crowd: Crowd[ProxiedArena], rng: random.Random) -> None:
    """F07: the gateway alone is cut off, and what is told meanwhile passes it by."""
    proxy = crowd.arena.proxies["gateway"]
    carried = proxy.carried
    proxy.reset()
    async with asyncio.timeout(10):
        while proxy.carried == carried:
            await asyncio.sleep(0.02)


async def one_way(crowd: Crowd[ProxiedArena], rng: random.Random) -> None:
    """F08: what NATS says does not arrive."""
    await unheard_by(rng.choice(["gateway", "messaging"]))(crowd, rng)


async def cut_clients(crowd: Crowd[ProxiedArena], _: random.Random) -> None:
    """F09"""
    before = crowd.reconnects
    for work in crowd.workloads:
        work.cut_clients()
    async with asyncio.timeout(10):
        while crowd.reconnects == before:
            await asyncio.sleep(0.02)


async def pause(crowd: Crowd[ProxiedArena], rng: random.Random) -> None:
    """F10: stopped, and going on as if nothing had been."""
    await paused(rng.choice(VICTIMS))(crowd, rng)


async def wipe_nats(crowd: Crowd[ProxiedArena], _: random.Random) -> None:
    """F13: JetStream has forgotten everything."""
    crowd.arena.nats.wipe()


async def wipe_nats_unheard(crowd: Crowd[ProxiedArena], rng: random.Random) -> None:
    """F13: JetStream forgets what moderation has not heard yet."""
    proxy = crowd.arena.proxies["moderation"]
    proxy.cut()
    await crowd.more_acked(100)
    crowd.arena.nats.wipe()
    proxy.heal()


async def repeat_old_events(crowd: Crowd[ProxiedArena], rng: random.Random) -> None:
    """F21: what was published comes again, three times, in any order."""
    heard: list[tuple[str, bytes, dict[str, str] | None]] = []
    client = await nats.connect(crowd.arena.nats.url)
    try:

        async def hear(message: Msg) -> None:
            heard.append((message.subject, message.data, message.headers))

        for subject in ("messaging.>", "rooms.>"):
            await client.subscribe(subject, cb=hear)
        async with asyncio.timeout(10):
            while len(heard) < _REPEATED:
                await asyncio.sleep(0.02)
        for subject, data, headers in rng.sample(heard * 3, 3 * len(heard)):
            await client.publish(subject, data, headers=headers)
        await client.flush()
    finally:
        await client.close()


async def repeat_what_rooms_told(crowd: Crowd[ProxiedArena], rng: random.Random) -> None:
    """F21: what the broker has kept of rooms is published once more, in any order: joins and removals among it."""
    client = await nats.connect(crowd.arena.nats.url)
    try:
        js = client.jetstream()
        state = (await js.stream_info("ROOMS")).state
        kept = range(max(state.first_seq, state.last_seq - _REPEATED), state.last_seq + 1)
        told = [await js.get_msg("ROOMS", seq) for seq in kept]
        for message in rng.sample(told, len(told)):
            await client.publish(message.subject or "", message.data or b"")
        await client.flush()
    finally:
        await client.close()


async def lock_the_database(crowd: Crowd[ProxiedArena], _: random.Random) -> None:
    """F16"""
    async with crowd.arena.locked("messaging"):
        await asyncio.sleep(1.5)


async def fail_the_disk(crowd: Crowd[ProxiedArena], _: random.Random) -> None:
    """F18: the kernel refuses messaging's next write; it ends, because after that no commit could be trusted."""
    before = crowd.arena.parley.pid("messaging")
    resource.prlimit(before, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    await crowd.arena.replaced("messaging", before)
    assert f"messaging: ended with {_IO_ERROR}" in crowd.arena.parley.log()


async def damage_the_store_of_nats(crowd: Crowd[ProxiedArena], rng: random.Random) -> None:
    """F35: a flipped bit in some of JetStream's blocks, the end cut off from others."""
    crowd.arena.nats.kill()
    for block in crowd.arena.nats.blocks():
        content = bytearray(block.read_bytes())
        if len(content) > 1:
            where = rng.randrange(len(content) // 2, len(content))
            content[where] ^= 1 << rng.randrange(8)
            block.write_bytes(content if rng.random() < 0.5 else content[:where])
    crowd.arena.nats.start()


def killed(name: str) -> Fault:
    """F04, of this service."""

    async def kill(crowd: Crowd[ProxiedArena], _: random.Random) -> None:
        await crowd.arena.kill(name)

    return kill


def unheard_by(name: str) -> Fault:
    """F08, for this service."""

    async def hold(crowd: Crowd[ProxiedArena], rng: random.Random) -> None:
        crowd.arena.proxies[name].hold_answers()
        await asyncio.sleep(rng.uniform(0.5, 3))
        crowd.arena.proxies[name].heal()

    return hold


def paused(victim: str) -> Fault:
    """F10, of this process."""

    async def stop_and_go_on(crowd: Crowd[ProxiedArena], rng: random.Random) -> None:
        pid = crowd.arena.nats.pid if victim == "nats" else crowd.arena.parley.pid(victim)
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(rng.uniform(0.5, 3.5))
        os.kill(pid, signal.SIGCONT)

    return stop_and_go_on


async def _held(arena: ProxiedArena, name: str, seconds: float) -> None:
    arena.proxies[name].hold()
    await asyncio.sleep(seconds)
    arena.proxies[name].heal()


FAULTS: tuple[Fault, ...] = (
    kill_messaging,
    kill_gateway,
    kill_another,
    kill_rooms_before_it_told,
    kill_nats,
    messaging_in_a_black_hole,
    gateway_in_a_black_hole,
    cut_from_nats,
    cut_gateway,
    one_way,
    cut_clients,
    pause,
    wipe_nats,
    wipe_nats_unheard,
    repeat_old_events,
    repeat_what_rooms_told,
    lock_the_database,
    fail_the_disk,
    damage_the_store_of_nats,
)
