"""A whole Parley of which each service runs one of two releases, and may be changed for the other at any time."""

import asyncio
import json
import os
import signal
from pathlib import Path

import httpx

from tests.faults.arena import SERVICES, Arena
from tests.faults.releases.released import MARK, unpack

_SITE = Path(__file__).with_name("site")
_PATIENCE = 60.0


class Mixed(Arena):
    """It begins with every service as it was released, on databases that are brought up to date already."""

    def __init__(self, folder: Path) -> None:
        self._homes = {name: str(unpack(name, folder / "released")) for name in SERVICES}
        self._told = folder / "releases.json"
        self._told.write_text(json.dumps(self._homes))
        super().__init__(folder, {"PYTHONPATH": str(_SITE), "PARLEY_RELEASES": str(self._told)})
        self._newer: set[str] = set()

    async def change(self, *newer: str) -> None:
        """These run what is here, the others what was released; who has to change is stopped in order."""
        self._told.write_text(json.dumps({name: home for name, home in self._homes.items() if name not in newer}))
        for name in sorted(self._newer.symmetric_difference(newer)):
            before = self.parley.pid(name)
            os.kill(before, signal.SIGTERM)
            await self.replaced(name, before)
            async with asyncio.timeout(_PATIENCE):
                while await self._ready_version(name) is None:
                    await asyncio.sleep(0.05)
        self._newer = set(newer)
        versions = {name: await self._ready_version(name) for name in SERVICES}
        assert {name for name in SERVICES if not (versions[name] or MARK).endswith(MARK)} == self._newer, versions

    async def _ready_version(self, name: str) -> str | None:
        """What the service says it is, once it is ready."""
        url = json.loads((self.parley.var / "urls.json").read_text())[name]
        try:
            answer = await asyncio.to_thread(httpx.get, f"{url}/readyz", timeout=10)
        except httpx.TransportError:
            return None
        return str(answer.json()["version"]) if answer.status_code == 200 else None
