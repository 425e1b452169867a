"""nats-server's configuration, made from the permissions.

`sync_interval` is left at the server's default: nothing that a client was promised rests on JetStream, which is
refilled from the databases when it forgets (docs/decisions/0002).
"""

import json
from collections.abc import Mapping
from pathlib import Path

from deploy.nats.permissions import ROLES, grants

MAX_PAYLOAD = 1024 * 1024
MAX_SUBSCRIPTIONS = 100_000  # of one connection: a gateway has one for every room that somebody looks at


def server_config(host: str, port: int, store: Path, passwords: Mapping[str, str], monitor: str | None = None) -> str:
    """The text of the configuration file; `passwords` by service. `monitor` is where the server tells of its health."""
    users = ",\n".join(_user(service, passwords[service]) for service in ROLES)
    return "\n".join(
        (
            "server_name: parley",
            f"listen: {json.dumps(f'{host}:{port}')}",
            *([f"http: {json.dumps(monitor)}"] if monitor else []),
            f"max_payload: {MAX_PAYLOAD}",
            f"max_subscriptions: {MAX_SUBSCRIPTIONS}",
            "max_control_line: 4096",
            "write_deadline: 5s",
            "ping_interval: 5s",
            "ping_max: 2",
            f"jetstream {{ store_dir: {json.dumps(str(store))}, max_memory_store: 64MB, max_file_store: 8GB }}",
            f"authorization {{ timeout: 2, users: [\n{users}\n] }}",
            "",
        )
    )


def _user(service: str, password: str) -> str:
    allowed = grants(service)
    permissions = {
        "publish": {"allow": allowed.publish},
        "subscribe": {"allow": allowed.subscribe},
        "allow_responses": {"max": 1, "expires": "30s"},
    }
    return (
        f"  {{ user: {json.dumps(service)}, password: {json.dumps(password)}, permissions: {json.dumps(permissions)} }}"
    )
