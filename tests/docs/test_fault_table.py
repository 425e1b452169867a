"""The table of faults names every fault, property and mutant, and the functions that it names are there."""

import re

import pytest

from tests.docs.test_references import ROOT
from tests.faults import catalogue
from tests.faults.mutants.mutants import MUTANTS

TABLE = (ROOT / "tests/faults/README.md").read_text()
IDS = [*(f"F{number:02}" for number in range(1, 37)), *(f"P{number:02}" for number in range(1, 7))]


@pytest.mark.parametrize("name", [*IDS, *MUTANTS])
def test_each_has_its_row(name: str) -> None:
    [row] = re.findall(rf"^\| {name} \|.*$", TABLE, re.MULTILINE)
    assert re.search(r"::test_\w+|each once|mixed|P01's model|the same|no test", row)


def test_every_fault_of_the_catalogue_stands_in_its_row() -> None:
    named = set(re.findall(r"`(\w+)`(?=[^|]*each once)", TABLE))
    assert named == {fault.__name__ for fault in catalogue.FAULTS}
