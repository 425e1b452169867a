"""What every BlobStore has to do, whatever it keeps contents in."""

import asyncio
from collections.abc import Collection

import pytest

from services.files.blobs import BlobMissing, BlobStore


def knowing(*known: str) -> "KnownKeys":
    """A database that has committed just these."""
    return KnownKeys(set(known))


class KnownKeys:
    def __init__(self, keys: set[str]) -> None:
        self._keys = keys

    async def __call__(self, keys: Collection[str]) -> set[str]:
        return self._keys & set(keys)


async def content_of(store: BlobStore, key: str, start: int = 0, stop: int = 1 << 40) -> bytes:
    """All that the store gives for a key."""
    return b"".join([piece async for piece in await store.open(key, start, stop)])


class StoreContract:
    """Run with a fixture `store` that gives a running store, and `left` that counts everything it keeps."""

    async def put(self, store: BlobStore, content: bytes) -> str:
        arrival = store.receive()
        await arrival.write(content)
        await arrival.seal()
        await arrival.place()
        return arrival.key

    async def test_gives_back_what_it_got(self, store: BlobStore) -> None:
        content = bytes(range(256)) * 4096
        key = await self.put(store, content)
        assert await content_of(store, key, 0, len(content)) == content
        assert await content_of(store, key, 5, 9) == content[5:9]
        assert await content_of(store, key, 300_000, 900_000) == content[300_000:900_000]

    async def test_an_empty_content(self, store: BlobStore) -> None:
        key = await self.put(store, b"")
        assert await content_of(store, key, 0, 0) == b""

    async def test_keys_are_random(self, store: BlobStore) -> None:
        assert len({store.receive().key for _ in range(100)}) == 100

    async def test_a_sealed_content_is_readable_before_it_is_placed(self, store: BlobStore) -> None:
        arrival = store.receive()
        await arrival.write(b"sealed")
        await arrival.seal()
        assert await content_of(store, arrival.key, 0, 6) == b"sealed"
        arrival.discard()

    async def test_missing(self, store: BlobStore) -> None:
        with pytest.raises(BlobMissing):
            await store.open("0" * 32, 0, 1)

    async def test_a_content_that_is_too_short_is_noticed(self, store: BlobStore) -> None:
        key = await self.put(store, b"short")
        with pytest.raises(BlobMissing):
            await content_of(store, key, 0, 6)

    async def test_remove(self, store: BlobStore) -> None:
        key = await self.put(store, b"x")
        await store.remove(key)
        await store.remove(key)
        with pytest.raises(BlobMissing):
            await store.open(key, 0, 1)

    async def test_a_reader_that_has_begun_is_served_after_a_removal(self, store: BlobStore) -> None:
        key = await self.put(store, b"x" * 1_000_000)
        reader = aiter(await store.open(key, 0, 1_000_000))
        size = len(await anext(reader))
        await store.remove(key)
        async for piece in reader:
            size += len(piece)
        assert size == 1_000_000

    async def test_recover_leaves_what_is_being_written(self, store: BlobStore) -> None:
        arrival = store.receive()
        await arrival.write(b"x" * 300_000)
        await store.recover(knowing())
        await arrival.write(b"y")
        await arrival.seal()
        await arrival.place()
        assert await content_of(store, arrival.key, 299_999, 300_001) == b"xy"

    async def test_recover_places_what_the_database_knows(self, store: BlobStore) -> None:
        kept, lost = store.receive(), store.receive()
        for arrival in (kept, lost):
            await arrival.write(b"x")
            await arrival.seal()
            arrival.abandon()
        await asyncio.sleep(0.05)
        await store.recover(knowing(kept.key))
        assert await content_of(store, kept.key, 0, 1) == b"x"
        with pytest.raises(BlobMissing):
            await store.open(lost.key, 0, 1)

    async def test_check(self, store: BlobStore) -> None:
        await store.check()
