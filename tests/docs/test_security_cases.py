"""docs/security.md has each case of its parts, with a test that is there (test_references.py) or a reason."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
_WHOLE = {
    "A": range(1, 18),
    "B": range(20, 39),
    "C": range(40, 55),
    "D": range(60, 81),
    "G": range(130, 140),
    "H": range(150, 159),
    "I": range(160, 167),
    "J": range(170, 176),
    "K": range(180, 187),
}
_ROW = re.compile(r"^\| S(\d{3}) \| [^|]+ \| (.+) \|$", re.MULTILINE)


def test_no_case_is_left_out() -> None:
    parts = dict(re.findall(r"^## ([A-K])\. .*?$(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL))
    found = {part: [int(number) for number, _ in _ROW.findall(text)] for part, text in parts.items()}
    assert found == {part: list(numbers) for part, numbers in _WHOLE.items()}


def test_each_has_a_test_or_a_reason() -> None:
    rows = _ROW.findall(PAGE.read_text())
    without = [case for case, told in rows if not re.search(r"test_\w+\.py(::test_\w+)?`", told)]
    assert without == []
    assert [case for case, told in rows if told.startswith("n/a")] == ["158"]
