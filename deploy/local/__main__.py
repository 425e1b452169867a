"""`python -m deploy.local`: start everything, say where it is, stop it with Ctrl-C."""

import argparse
import asyncio
import os
import signal
import sys
import time
from pathlib import Path

from deploy.local.broker import require_outside
from deploy.local.credentials import Credentials, load_or_make
from deploy.local.folder import CannotStart, Folder
from deploy.local.ports import Ports, public_port, reachable
from deploy.local.programs import Plan, plan
from deploy.local.supervisor import Supervisor
from deploy.local.terminal import Terminal

_SETTINGS = """settings, from the environment:
  PORT       where clients come in (8000)
  HOST       the address to listen on (127.0.0.1)
  VAR_DIR    the data folder (var)
README.md has the others."""


def _refuse_arguments() -> None:
    """Everything is said by the environment; `--help` says so."""
    argparse.ArgumentParser(
        prog="python -m deploy.local",
        description="Start all of Parley on this machine. Ctrl-C stops it.",
        epilog=_SETTINGS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()


async def run() -> int:
    """Run until a signal, and return the exit status."""
    begun = time.monotonic()
    terminal = Terminal()
    folder = Folder(Path(os.environ.get("VAR_DIR") or "var"))
    host = os.environ.get("HOST") or "127.0.0.1"
    folder.take()
    port = public_port(os.environ.get("PORT") or "8000", host)
    if outside := os.environ.get("NATS_URL"):
        await require_outside(outside)
    credentials, first = load_or_make(folder.path / "secrets.json")
    everything = plan(folder, credentials, port, host, Ports([port]))
    folder.note_urls(everything.urls)
    await _migrate(everything)
    supervisor = Supervisor(everything.programs, terminal)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, supervisor.stop)
    running = asyncio.create_task(supervisor.run())
    if await supervisor.all_ready():
        terminal.block(_greeting(host, port, time.monotonic() - begun, credentials, first))
    await running
    if supervisor.failed:
        raise CannotStart(supervisor.failed)
    terminal.block("stopped")
    return 0


async def _migrate(everything: Plan) -> None:
    arguments = [f"{name}={url}" for name, url in everything.databases.items()]
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "deploy.migrations", *arguments)
    if await process.wait() != 0:
        raise CannotStart("A database could not be brought up to date; the lines above say why.")


def _greeting(host: str, port: int, seconds: float, credentials: Credentials, first: bool) -> str:
    name = reachable(host)
    place = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
    lines = [
        f"Parley is ready after {seconds:.1f} s",
        f"  web client   http://{place}/",
        f"  API          http://{place}/api/v1   (docs: http://{place}/docs)",
        f"  WebSocket    ws://{place}/ws",
    ]
    if first and os.environ.get("AUTH_ADMIN_PASSWORD"):
        lines.append(f"  first admin  {credentials.admin_username}   password: the one in AUTH_ADMIN_PASSWORD")
    elif first:
        lines += [
            f"  first admin  {credentials.admin_username}   password: {credentials.admin_password}",
            "               (shown only now; kept in secrets.json in the data folder)",
        ]
    return "\n".join([*lines, "  Ctrl-C stops everything"])


if __name__ == "__main__":
    _refuse_arguments()
    try:
        sys.exit(asyncio.run(run()))
    except CannotStart as problem:
        print(f"parley: {problem}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:  # before there was anything to stop
        sys.exit(130)
