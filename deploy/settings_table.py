"""`python -m deploy.settings_table [--check]`: writes README.md's table of settings, or says that it is out of date.

Names and defaults come from the settings classes, and so does what a setting is for when its field has a description;
otherwise the words that stand in the table are kept, and `--check` wants there to be some.
"""

import importlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, SecretStr
from pydantic.fields import FieldInfo

README = Path(__file__).parents[1] / "README.md"
SERVICES = ("auth", "rooms", "messaging", "moderation", "files", "gateway")
_TABLE = re.compile(r"(?<=<!-- settings -->\n).*?(?=<!-- end of settings -->)", re.DOTALL)
_ROW = re.compile(r"^\| `(?P<name>[A-Z0-9_]+)` \|[^|]*\|[^|]*\| (?P<what>.*?) \|$", re.MULTILINE)
_HEAD = "| name | read by | default | what |\n| --- | --- | --- | --- |\n"


@dataclass(frozen=True)
class Setting:
    """One thing that can be told: its name in the environment, who reads it, and what holds when nobody says."""

    name: str
    readers: tuple[str, ...]
    default: str
    what: str

    def row(self) -> str:
        """As a line of the table."""
        cells = (f"`{self.name}`", _named(self.readers), self.default, self.what)
        return "".join(f"| {cell} " if cell else "| " for cell in cells) + "|\n"


def settings(words: dict[str, str]) -> list[Setting]:
    """Every setting of every service, what all read first; `words` says what those without a description are for."""
    found: dict[tuple[str, str], Setting] = {}
    for service in SERVICES:
        for field_name, field in importlib.import_module(f"services.{service}.settings").Settings.model_fields.items():
            name, default = env_name(field_name, field), _shown(field)
            before = found.get((name, default))
            what = (before and before.what) or field.description or words.get(name, "")
            readers = (*(before.readers if before else ()), service)
            found[name, default] = Setting(name, readers, default, what)
    return sorted(found.values(), key=lambda setting: -len(setting.readers) if len(setting.readers) > 2 else 0)


def written(readme: str) -> str:
    """The README with the table as it has to be."""
    present = _TABLE.search(readme)
    assert present is not None, "README.md has no place for the settings"
    words = {row["name"]: row["what"] for row in _ROW.finditer(present[0])}
    rows = "".join(setting.row() for setting in settings(words))
    return readme[: present.start()] + _HEAD + rows + readme[present.end() :]


def undescribed(readme: str) -> list[str]:
    """The names that the table does not say anything about."""
    present = _TABLE.search(readme)
    return re.findall(r"^\| `([A-Z0-9_]+)` \|[^|]*\|[^|]*\| *\|$", present[0] if present else "", re.MULTILINE)


def main(check: bool) -> int:
    """Write the table; with `check`, write nothing and return 1 if it is not as it has to be."""
    before = README.read_text("utf-8")
    after = written(before)
    if not check:
        README.write_text(after, "utf-8")
    elif before != after:
        print("README.md's table of settings is out of date (make contracts)")
    if missing := undescribed(after):
        print("README.md does not say what these are for:", *missing)
    return 1 if (check and before != after) or missing else 0


def env_name(field_name: str, field: FieldInfo) -> str:
    """What the setting is called in the environment."""
    alias = field.validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else str(alias or field_name).upper()


def _shown(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default: Any = field.get_default(call_default_factory=True)
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if default is None or default == "" or default == ():
        return ""
    text = ",".join(map(str, default)) if isinstance(default, tuple) else str(default)
    return f"`{text.lower() if isinstance(default, bool) else text}`"


def _named(readers: tuple[str, ...]) -> str:
    if readers == SERVICES:
        return "all"
    return "all but gateway" if readers == SERVICES[:-1] else ", ".join(readers)


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
