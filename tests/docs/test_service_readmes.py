"""A service's README lists every setting of the service."""

import importlib
import re

import pytest

from deploy.settings_table import env_name
from tests.docs.test_references import ROOT

READMES = {path.parent.name: path for path in sorted((ROOT / "services").glob("*/README.md"))}


@pytest.mark.parametrize("service", READMES)
def test_every_setting_is_in_the_services_readme(service: str) -> None:
    fields = importlib.import_module(f"services.{service}.settings").Settings.model_fields
    names = {env_name(name, field) for name, field in fields.items()}
    assert names - set(re.findall(r"`([A-Z][A-Z0-9_]+)`", READMES[service].read_text())) == set()
