"""A bucket: the store's contract against a real S3, and what a crash or a store that is away does to it."""

import asyncio
import json
import secrets
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from pathlib import Path

import httpx
import pytest
from minio import Minio

from services.files import s3_bucket
from services.files.s3_blobs import S3Blobs
from services.files.s3_bucket import S3Config, StoreAway
from services.files.tests.seaweed import ACCESS_KEY, SECRET_KEY, SeaweedFS
from services.files.tests.sick_store import GIVEN_UP, answering
from services.files.tests.store_contract import StoreContract, content_of, knowing
from shared.testing.processes import free_port
from shared.testing.waiting import eventually

_WRITER = """
import asyncio, json, sys
from pathlib import Path
from services.files.s3_blobs import S3Blobs
from services.files.s3_bucket import S3Config

async def main():
    blobs = S3Blobs(S3Config(**json.loads(sys.argv[1])), Path(sys.argv[2]))
    async with blobs.running():
        sealed, unsealed = blobs.receive(), blobs.receive()
        await sealed.write(b"sealed")
        await sealed.seal()
        await unsealed.write(b"x" * 40_000_000)
        print(sealed.key, unsealed.key, flush=True)
        await unsealed.seal()
        await asyncio.Event().wait()

asyncio.run(main())
"""


def config_of(endpoint: str, **more: str) -> S3Config:
    return S3Config(endpoint, f"parley-{secrets.token_hex(4)}", "us-east-1", ACCESS_KEY, SECRET_KEY, **more)


@pytest.fixture
def config(seaweed: SeaweedFS) -> S3Config:
    return config_of(seaweed.endpoint, public_endpoint=seaweed.endpoint.replace("127.0.0.1", "localhost"))


@pytest.fixture
def bucket(config: S3Config) -> Minio:
    """The bucket as somebody else sees it."""
    client = Minio(
        config.endpoint.removeprefix("http://"),
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
        secure=False,
        region="us-east-1",
    )
    client.make_bucket(config.bucket)
    return client


@pytest.fixture
def keys(config: S3Config, bucket: Minio) -> "Keys":
    return Keys(bucket, config.bucket)


class Keys:
    """What is in the bucket."""

    def __init__(self, client: Minio, name: str) -> None:
        self._client = client
        self._name = name

    def __call__(self) -> list[str]:
        return sorted(str(each.object_name) for each in self._client.list_objects(self._name, recursive=True))

    def parts(self) -> int:
        """Uploads in parts that were neither finished nor ended."""
        return len(self._client._list_multipart_uploads(self._name).uploads)


@pytest.fixture
async def store(config: S3Config, bucket: Minio, tmp_path: Path) -> AsyncIterator[S3Blobs]:
    blobs = S3Blobs(config, tmp_path / "spool")
    async with blobs.running():
        yield blobs


class TestS3Blobs(StoreContract):
    async def test_what_is_placed_has_no_mark(self, store: S3Blobs, keys: Keys) -> None:
        key = await self.put(store, b"x")
        assert keys() == [f"blobs/{key[:2]}/{key}"]

    async def test_a_large_content_goes_in_parts(self, store: S3Blobs, keys: Keys) -> None:
        content = secrets.token_bytes(20_000_000)
        key = await self.put(store, content)
        assert await content_of(store, key, 0, len(content)) == content
        assert keys.parts() == 0

    async def test_a_discarded_arrival_leaves_nothing(self, store: S3Blobs, keys: Keys, tmp_path: Path) -> None:
        for sealed in (False, True):
            arrival = store.receive()
            await arrival.write(b"x" * 1_000_000)
            if sealed:
                await arrival.seal()
            arrival.discard()
        await eventually(lambda: keys() == [])
        assert list((tmp_path / "spool").iterdir()) == []

    async def test_discarding_in_the_middle_of_sealing(self, store: S3Blobs, keys: Keys) -> None:
        arrival = store.receive()
        await arrival.write(b"x" * 30_000_000)
        sealing = asyncio.create_task(arrival.seal())
        await eventually(lambda: keys() != [])
        sealing.cancel()
        arrival.discard()
        await asyncio.wait([sealing])
        await eventually(lambda: keys() == [])
        assert keys.parts() == 0

    async def test_recover_after_kill_9(self, config: S3Config, store: S3Blobs, keys: Keys, tmp_path: Path) -> None:
        config_json = json.dumps(asdict(config))
        writer = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _WRITER, config_json, str(tmp_path / "other"), stdout=PIPE
        )
        assert writer.stdout is not None
        sealed, unsealed = (await writer.stdout.readline()).decode().split()
        await eventually(lambda: keys.parts() or f"blobs/{unsealed[:2]}/{unsealed}" in keys())
        writer.kill()
        await writer.wait()
        await store.recover(knowing(sealed))
        assert len([key for key in keys() if key.startswith("arriving/")]) == 2, "too young to be dead"
        for key in (sealed, unsealed):
            store.let_go(key)
        await store.recover(knowing(sealed))
        assert keys() == [f"blobs/{sealed[:2]}/{sealed}"]
        assert keys.parts() == 0
        assert await content_of(store, sealed, 0, 6) == b"sealed"

    async def test_a_link_gives_the_content_to_whoever_has_it(self, store: S3Blobs) -> None:
        key = await self.put(store, b"hello")
        link = store.link(key, "image/png", 'inline; filename="a.png"')
        assert link is not None
        assert link.startswith("http://localhost:")
        assert "X-Amz-Expires=60" in link
        async with httpx.AsyncClient() as client:
            answer = await client.get(link)
            assert (answer.status_code, answer.content) == (200, b"hello")
            assert answer.headers["content-type"] == "image/png"
            assert answer.headers["content-disposition"] == 'inline; filename="a.png"'
            assert (await client.get(link.replace(key, "0" * 32))).status_code == 403
            assert (await client.get(link.partition("?")[0])).status_code == 403

    async def test_no_link_without_an_endpoint_for_the_public(self, seaweed: SeaweedFS, tmp_path: Path) -> None:
        assert S3Blobs(config_of(seaweed.endpoint), tmp_path).link("0" * 32, "text/plain", "inline") is None


@pytest.fixture(params=["down", "silent", "failing", "forbidden"])
async def away(request: pytest.FixtureRequest, seaweed: SeaweedFS, tmp_path: Path) -> AsyncIterator[S3Blobs]:
    """A store that can't be used, in each of the ways."""
    async with AsyncExitStack() as stack:
        if request.param == "down":
            config = config_of(f"http://127.0.0.1:{free_port()}")
        elif request.param == "forbidden":
            config = S3Config(seaweed.endpoint, "parley-x", "us-east-1", ACCESS_KEY, "a-wrong-secret")
        else:
            answer = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n" if request.param == "failing" else b""
            config = config_of(await stack.enter_async_context(answering(answer)))
        blobs = S3Blobs(config, tmp_path / "spool")
        yield await stack.enter_async_context(_run(blobs))


@asynccontextmanager
async def _run(blobs: S3Blobs) -> AsyncIterator[S3Blobs]:
    async with blobs.running():
        yield blobs


def test_the_deadline_leaves_time_for_the_answer() -> None:
    assert s3_bucket._DEADLINE <= 2.5


async def test_a_store_that_is_away_is_told_within_three_seconds(away: S3Blobs, tmp_path: Path) -> None:
    arrival = away.receive()
    await arrival.write(b"x")
    for attempt in (away.check(), away.open("0" * 32, 0, 1), away.remove("0" * 32), arrival.seal()):
        async with asyncio.timeout(GIVEN_UP):
            with pytest.raises(StoreAway):
                await attempt
    arrival.discard()
