"""An image for the profile `redis` where the public one can't be had: Valkey of our own tests, started in the same way.

No registry is asked. What docker-compose.yml says about the container (user, command, limits, health check) stays.
"""

import shutil
from pathlib import Path

from docker.errors import ImageNotFound

from shared.testing.valkey import binary
from tests.deploy.stack import Stack
from tests.system.parley import ROOT

_PUBLIC = "redis:8-alpine"
_CLIENT = """#!/usr/local/bin/python3
import socket, sys
with socket.create_connection(("127.0.0.1", 6379), 2) as store:
    store.sendall(" ".join(sys.argv[1:]).encode() + b"\\r\\n")
    print(store.recv(200).decode())
"""
_DOCKERFILE = """FROM python:3.13-slim
COPY redis-server redis-cli /usr/local/bin/
WORKDIR /data
"""
_OVERRIDE = "services: {{redis: {{image: {image}}}}}\n"


def told(stack: Stack, folder: Path) -> dict[str, str]:
    """What to tell Compose so that it finds an image: nothing more than usual when the public one is here."""
    try:
        stack.client.images.get(_PUBLIC)
        return {}
    except ImageNotFound:
        image = f"parley-redis:{stack.name}"
    context = folder / "redis"
    context.mkdir()
    shutil.copy(binary(), context / "redis-server")
    (context / "redis-cli").write_text(_CLIENT)
    (context / "redis-cli").chmod(0o755)
    (context / "Dockerfile").write_text(_DOCKERFILE)
    stack.client.images.build(path=str(context), tag=image, rm=True)
    override = folder / "redis.yml"
    override.write_text(_OVERRIDE.format(image=image))
    return {"COMPOSE_FILE": f"{ROOT / 'docker-compose.yml'}:{override}"}


def remove(stack: Stack) -> None:
    """The image that was made here, if one was."""
    try:
        stack.client.images.remove(f"parley-redis:{stack.name}", force=True)
    except ImageNotFound:
        return
