"""What the documents point at is there: files, tests by name, decisions by number."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_NOT_OURS = {"var", "build", "dist", "node_modules", "__pycache__"}
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
_FILE = re.compile(r"((?:[\w.-]+/)+test_\w+\.py)")
_NAME = re.compile(r"::(test_\w+)")


def _files(*suffixes: str) -> list[Path]:
    """Those of the repository, without what is installed or made."""
    found: list[Path] = []
    for folder, inside, names in os.walk(ROOT):
        inside[:] = sorted(name for name in inside if not name.startswith(".") and name not in _NOT_OURS)
        found += [Path(folder, name) for name in sorted(names) if name.endswith(suffixes)]
    return found


def _documents() -> list[Path]:
    return _files(".md")


def _tests_named_in(text: str) -> Iterator[tuple[str, str]]:
    """(file, test) of each mention; names without a file belong to the file named before them on their line."""
    for line in text.splitlines():
        _, *parts = _FILE.split(line)
        for file, rest in zip(parts[::2], parts[1::2], strict=True):
            yield from ((file, name) for name in _NAME.findall(rest) or [""])


@pytest.mark.parametrize("document", _documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    missing = [link for link in _LINK.findall(document.read_text()) if not (document.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("document", _documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_tests_that_are_named_are_there(document: Path) -> None:
    missing = []
    for file, name in _tests_named_in(document.read_text()):
        path = ROOT / file
        if not path.exists() or (name and not re.search(rf"def {name}\(", path.read_text())):
            missing.append(f"{file}::{name}")
    assert missing == []


def test_every_decision_that_code_or_documents_refer_to_is_written_down() -> None:
    written = [path.name[:4] for path in sorted((ROOT / "docs/decisions").glob("*.md"))]
    assert written == [f"{number:04}" for number in range(1, len(written) + 1)]
    referred = set()
    for path in _files(".py", ".md", ".toml", "Makefile"):
        referred |= set(re.findall(r"docs/decisions/(\d{4})", path.read_text()))
    assert {"0002", "0004", "0005"} <= referred <= set(written)


def test_every_decision_names_what_checks_it() -> None:
    for path in sorted((ROOT / "docs/decisions").glob("*.md")):
        text = path.read_text()
        headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences", "What checks it"], path.name
        assert list(_tests_named_in(text.partition("## What checks it")[2])), path.name
