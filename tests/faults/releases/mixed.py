"""A whole Parley of which each service runs one of two releases, and may be changed for the other at any time."""

import json
import os
import signal
from pathlib import Path

import httpx

from tests.faults.arena import SERVICES, Arena
from tests.faults.releases.released import MARK, unpack

_SITE = Path(__file__).with_name("site")


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
            await self.ready()
        self._newer = set(newer)
        assert await self._running() == self._newer

    async def _running(self) -> set[str]:
        """Who says that it is the newer one."""
        urls: dict[str, str] = json.loads((self.parley.var / "urls.json").read_text())
        async with httpx.AsyncClient() as http:
            told = {name: (await http.get(f"{urls[name]}/healthz")).json()["version"] for name in SERVICES}
        return {name for name, version in told.items() if not version.endswith(MARK)}
