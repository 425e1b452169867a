"""NATS: reachable, with JetStream, and with every service's user and password."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

from deploy.doctor.patient import EVERYBODY, Finding, Patient

_PORT = 4222
_SECONDS = 3.0
_START = "Start it (the local run does so by itself); look at its log if it does not stay up."


def broker(patient: Patient) -> Iterator[Finding]:
    """What the server says of itself, and whether it lets us in."""
    url = patient.urls.get("nats")
    if not url:
        yield Finding("nats", "nobody said where it is", "Start Parley, or set NATS_URL.")
        return
    host, port = _address(url)
    try:
        told = _greeting(host, port)
    except (OSError, ValueError) as error:
        yield Finding("nats", f"no NATS server answers at {host}:{port} ({_reason(error)})", _START)
        return
    yield Finding("nats", f"{told.get('version')} at {host}:{port}")
    advice = "" if told.get("jetstream") else "Add a `jetstream { store_dir: ... }` block to its configuration."
    yield Finding("jetstream", "on" if told.get("jetstream") else "off", advice)
    for name in EVERYBODY:
        if name in patient.nats_passwords:
            yield _logged_in(host, port, name, patient.nats_passwords[name])


def _logged_in(host: str, port: int, user: str, password: str) -> Finding:
    about = f"nats user {user}"
    try:
        refusal = _knock(host, port, user, password)
    except (OSError, ValueError) as error:
        return Finding(about, f"no answer ({_reason(error)})", _START)
    advice = "The server has another password for it: write its configuration anew from secrets.json, and reload it."
    return Finding(about, refusal or "is let in", advice if refusal else "")


def _greeting(host: str, port: int) -> dict[str, Any]:
    with closing(socket.create_connection((host, port), _SECONDS)) as connection, connection.makefile("rb") as lines:
        return _info(lines.readline())


def _knock(host: str, port: int, user: str, password: str) -> str:
    """Why this user is refused; empty when it isn't."""
    hello = {"user": user, "pass": password, "verbose": False, "pedantic": False, "lang": "python", "version": "0"}
    with closing(socket.create_connection((host, port), _SECONDS)) as connection, connection.makefile("rb") as lines:
        _info(lines.readline())
        connection.sendall(b"CONNECT " + json.dumps(hello).encode() + b"\r\nPING\r\n")
        for line in lines:
            if line.startswith(b"PONG"):
                return ""
            if line.startswith(b"-ERR"):
                return line[4:].decode(errors="replace").strip(" '\r\n").lower()
    return "the server hung up"


def _info(line: bytes) -> dict[str, Any]:
    if not line.startswith(b"INFO "):
        raise ValueError("something else listens there")
    told: dict[str, Any] = json.loads(line[5:])
    return told


def _address(url: str) -> tuple[str, int]:
    first = url.partition(",")[0]
    parts = urlsplit(first if "://" in first else f"nats://{first}")
    return parts.hostname or "127.0.0.1", parts.port or _PORT


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
