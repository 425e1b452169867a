"""README.md lists every setting of every service, with the default that the code has and what it is for."""

import re

from deploy.settings_table import README, Setting, settings, undescribed, written

_SEED = {"SECRET_KEY", "DATABASE_URL", "REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD"}
_LIMITS = {
    "PARLEY_LIMIT_REGISTER": "20/hour",
    "PARLEY_LIMIT_LOGIN": "10/minute",
    "PARLEY_LIMIT_HTTP": "600/minute",
    "PARLEY_LIMIT_MESSAGES": "60/10 seconds",
    "PARLEY_LIMIT_FRAMES": "200/10 seconds",
    "PARLEY_LIMIT_UPLOADS": "60/hour",
    "PARLEY_MAX_SOCKETS": "20",
}


def test_the_table_is_what_the_settings_are() -> None:
    readme = README.read_text("utf-8")
    assert written(readme) == readme, "make contracts"
    assert undescribed(readme) == [], "say in README.md, or in the field's description, what these are for"


def test_a_setting_that_is_missing_or_has_another_default_is_noticed() -> None:
    readme = README.read_text("utf-8")
    row = re.search(r"^\| `PARLEY_MAX_SOCKETS` .*\n", readme, re.MULTILINE)
    assert row is not None
    for damaged in (readme.replace(row[0], ""), readme.replace(row[0], row[0].replace("`20`", "`21`"))):
        assert written(damaged) != damaged
    assert undescribed(readme.replace(row[0], "| `PARLEY_MAX_SOCKETS` | gateway | `20` | |\n")) == [
        "PARLEY_MAX_SOCKETS"
    ]


def test_the_names_of_the_contract_keep_their_meaning_and_their_defaults() -> None:
    found: dict[str, Setting] = {setting.name: setting for setting in settings({})}
    assert found.keys() >= _SEED
    assert {name: found[name].default for name in _LIMITS} == {name: f"`{rule}`" for name, rule in _LIMITS.items()}
