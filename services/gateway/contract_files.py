"""The gateway's contract: what the services committed, as one. Written by `python -m services.gateway contract`.

The files are committed and shipped, so that a deployed gateway shows them without the other services' folders; a test
fails when they are not what the services' contracts come to.
"""

import json
from pathlib import Path
from typing import Any, Final

from services.gateway.merging import merged
from services.gateway.own_operations import OWN_OPERATIONS
from services.gateway.settings import SERVICES

HERE: Final = Path(__file__).parent


def contract_files() -> dict[str, str]:
    """Every file of the contract, and its text."""
    from services.gateway.asyncapi import asyncapi  # here: a serving gateway has no use for it

    documents = {service: document for service in SERVICES if (document := openapi_of(service)) is not None}
    events = {service: _events_of(service) for service in SERVICES}
    return {
        "openapi.json": _text(merged({**documents, "gateway": OWN_OPERATIONS})),
        "asyncapi.json": _text(asyncapi(events)),
    }


def openapi_of(service: str) -> Any:
    """What a service committed as its HTTP contract; None where there is none."""
    file = HERE.parent / service / "contract" / "openapi.json"
    return json.loads(file.read_text("utf-8")) if file.exists() else None


def write() -> None:
    """Write the contract anew."""
    for name, text in contract_files().items():
        (HERE / "contract" / name).write_text(text, "utf-8")


def _events_of(service: str) -> dict[str, Any]:
    files = sorted((HERE.parent / service / "contract" / "events").glob("*.json"))
    return {file.stem: json.loads(file.read_text("utf-8")) for file in files}


def _text(document: Any) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
