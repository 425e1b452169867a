"""What the doctor looks at, and what it says about each thing."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.credentials import SERVICES
from deploy.local.folder import URLS
from deploy.places import Places

EVERYBODY = (*SERVICES, "gateway")


@dataclass(frozen=True)
class Finding:
    """`advice` is empty when nothing is wrong."""

    about: str
    says: str
    advice: str = ""


@dataclass(frozen=True)
class Patient:
    """Where a run keeps its data, where its programs listen, and the passwords that it uses at NATS."""

    places: Places
    urls: Mapping[str, str]
    nats_passwords: Mapping[str, str]

    @staticmethod
    def told(environment: Mapping[str, str] = os.environ) -> "Patient":
        """What the environment says (AUTH_URL, ..., GATEWAY_URL, NATS_URL), else what the local run noted."""
        places = Places.told(environment=environment)
        urls = dict(_read(places.folder / URLS))
        for name in (*EVERYBODY, "nats"):
            if told := environment.get(f"{name.upper()}_URL"):
                urls[name] = told
        passwords = _read(places.secrets).get("nats_passwords")
        return Patient(places, urls, passwords if isinstance(passwords, dict) else {})


def _read(path: Path) -> dict[str, str]:
    try:
        told = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
