"""The tutorial design."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from bench.build import HERE
from bench.layout import PEOPLE, ROOMS
from bench.servers.ports import free_port, until_listening
from bench.servers.server import PROSE


class Tutorial:
    """See bench/peers/tutorial.py."""

    name = "tutorial"
    template = '{"content":"{ts} ' + PROSE + '"}'

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        program = [
            sys.executable,
            str(HERE / "peers" / "tutorial.py"),
            str(self.port),
            str(folder / "tutorial.sqlite3"),
        ]
        self._process = subprocess.Popen(program)
        self.pids: Mapping[str, int] = {"gateway": self._process.pid}
        until_listening(self.port, self._process)
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=20) as http:
            self._tokens = [self._register(http, number) for number in range(PEOPLE)]
            for room, members in ROOMS.items():
                for person in members:
                    headers = {"Authorization": f"Bearer {self._tokens[person]}"}
                    http.post(f"/rooms/{room}/join", headers=headers).raise_for_status()

    def path(self, room: str) -> str:
        """One route for all rooms."""
        return f"/ws/{room}"

    def token(self, person: int) -> str:
        """A signed one, checked at every handshake."""
        return self._tokens[person]

    def history(self, room: str) -> str:
        """Its newest page."""
        return f"/rooms/{room}/messages?limit=50"

    def stop(self) -> None:
        """Ask it to end."""
        self._process.terminate()
        self._process.wait(timeout=20)

    def _register(self, http: httpx.Client, number: int) -> str:
        answer = http.post("/register", json={"username": f"person-{number}"})
        return str(answer.raise_for_status().json()["access_token"])
