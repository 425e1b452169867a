"""ARCHITECTURE.md's tables of who owns what and who listens to whom are what the code says."""

import importlib
import re

import pytest

from deploy.nats.permissions import PRODUCERS, ROLES
from tests.docs.test_references import ROOT

_KITS = {"inbox", "dead_letter", "outbox", "outbox_head", "idempotency"}
TEXT = (ROOT / "ARCHITECTURE.md").read_text()


def _row(heading: str, service: str) -> list[str]:
    """The cells of a service's row in the table under this heading, without its name."""
    section = TEXT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    [row] = re.findall(rf"^\| {service} \|(.*)\|$", section, re.MULTILINE)
    return [cell.strip() for cell in row.split("|")]


@pytest.mark.parametrize("service", PRODUCERS)
def test_every_table_has_its_owner(service: str) -> None:
    tables = importlib.import_module(f"services.{service}.models").metadata.tables
    assert set(re.findall(r"`(\w+)`", _row("Who owns what", service)[-1])) == tables.keys() - _KITS


@pytest.mark.parametrize("service", PRODUCERS)
def test_who_follows_whom_is_what_the_broker_lets_them(service: str) -> None:
    follows = _row("Who listens to whom", service)[1]
    assert tuple(follows.split(", ")) == ROLES[service].follows


def test_every_request_stands_with_who_answers_it() -> None:
    asked = {request for role in ROLES.values() for request in role.asks}
    for service in PRODUCERS:
        answers = re.findall(r"`([\w.]+)`", _row("Who listens to whom", service)[-1])
        assert {f"{service}.{method}" for method in (*answers, "outbox")} >= {
            request for request in asked if request.startswith(f"{service}.")
        }
        assert {f"{service}.{method}" for method in answers} <= asked
