"""The seven processes of a local run: what each is told, and what it needs before it starts."""

import os
import secrets
import sys
from dataclasses import dataclass
from functools import partial

from deploy.local.broker import find_server, write_config
from deploy.local.credentials import SERVICES, Credentials
from deploy.local.folder import Folder
from deploy.local.handover import hand_over
from deploy.local.ports import Ports, reachable
from deploy.local.program import Program, answers_as, is_nats

_TOLD = {"SECRET_KEY", "AUTH_ADMIN_PASSWORD"}  # what deploy.local.credentials takes from our environment


@dataclass(frozen=True)
class Plan:
    """The programs in the order of their start, the databases to bring up to date before, and where all will listen."""

    programs: list[Program]
    databases: dict[str, str]
    urls: dict[str, str]


def plan(folder: Folder, credentials: Credentials, public_port: int, host: str, inside: Ports) -> Plan:
    """Everything that this run consists of; what is not for clients listens on ports `inside`."""
    outside = os.environ.get("NATS_URL")
    programs = []
    if not outside:
        nats_port = inside.free()
        command = [find_server(), "-c", str(write_config(folder, nats_port, credentials))]
        programs.append(Program("nats", command, partial(is_nats, "127.0.0.1", nats_port), quiet=True))
    nats_url = outside or f"nats://127.0.0.1:{nats_port}"
    ports = {name: inside.free() for name in SERVICES}
    databases = {name: f"sqlite:///{folder.inside(name)}/{name}.sqlite3" for name in SERVICES}
    for name in SERVICES:
        told = {
            "HOST": "127.0.0.1",
            "DATABASE_URL": os.environ.get(f"{name.upper()}_DATABASE_URL") or databases[name],
            **_own(name, folder, credentials),
            **hand_over(folder, name, _secrets(name, credentials), _TOLD & os.environ.keys()),
        }
        databases[name] = told["DATABASE_URL"]
        needs = [] if outside else ["nats"]
        programs.append(_service(name, ports[name], nats_url, told, needs))
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    told = {f"{name.upper()}_URL": url for name, url in urls.items()}
    told |= hand_over(folder, "gateway", _secrets("gateway", credentials), ())
    told["HOST"] = host
    programs.append(_service("gateway", public_port, nats_url, told, list(SERVICES)))
    near = reachable(host)
    urls |= {"gateway": f"http://{f'[{near}]' if ':' in near else near}:{public_port}", "nats": nats_url}
    return Plan(programs, databases, urls)


def _service(name: str, port: int, nats_url: str, told: dict[str, str], needs: list[str]) -> Program:
    instance = secrets.token_hex(8)
    environment = {
        "PORT": str(port),
        "PARLEY_INSTANCE": instance,
        "LOG_FORMAT": "console",
        "NATS_URL": os.environ.get(f"{name.upper()}_NATS_URL") or nats_url,
        "NATS_USER": name,
        "PYTHONUNBUFFERED": "1",
        **told,
    }
    command = [sys.executable, "-m", f"services.{name}", "serve"]
    return Program(
        name, command, partial(answers_as, reachable(told["HOST"]), port, name, instance), environment, needs
    )


def _own(name: str, folder: Folder, credentials: Credentials) -> dict[str, str]:
    """What only this service is told."""
    if name == "auth":
        return {
            # glibc gives what argon2 took (19 MiB a hash) back to the system, instead of keeping it for the next login.
            "MALLOC_MMAP_THRESHOLD_": str(4 * 1024 * 1024),
            "AUTH_ADMIN_USERNAME": credentials.admin_username,
        }
    if name == "files":
        return {"FILES_ROOT": str(folder.inside("files", "blobs"))}
    return {}


def _secrets(name: str, credentials: Credentials) -> dict[str, str]:
    """What this program has to know and nobody else may."""
    known = {"NATS_PASSWORD": credentials.nats_passwords[name]}
    if name == "gateway":
        return known | {f"{each.upper()}_CALLER_SECRET": text for each, text in credentials.caller_secrets.items()}
    known["CALLER_SECRET"] = credentials.caller_secrets[name]
    if name == "auth":
        known |= {"SECRET_KEY": credentials.secret_key, "AUTH_ADMIN_PASSWORD": credentials.admin_password}
    return known
