"""Which passwords are good enough (NIST SP 800-63B-4, 3.1.1.2): long enough, and not what an attacker tries first.

They are normalised to NFC, as RFC 8265 has it for opaque strings: what looks the same on two keyboards is the same.
NFKC would make different passwords equal and can lengthen one eighteenfold.
"""

import unicodedata
from functools import cache
from importlib.resources import files
from typing import NoReturn

from shared.problems import Invalid

SHORTEST, LONGEST = 8, 128
_PRODUCT = "parley"
_SHORTEST_WORD = 4
_LEAST_BESIDE = 5


def normalised(password: str) -> str:
    """The one form in which it is counted, compared and hashed."""
    return unicodedata.normalize("NFC", password)


def check_strength(password: str, field: str, *names: str, shortest: int = SHORTEST) -> None:
    """Refuse a password that is too short, that many people use, or that is little more than one of `names`.

    `names` are the user's name and e-mail address; `field` is where the answer says the password stood.
    """
    folded = normalised(password).casefold()
    if len(normalised(password)) < shortest:
        _refuse(field, f"A password has at least {shortest} characters here.")
    if folded in _common():
        _refuse(field, "This is one of the most common passwords.")
    if _says_little_beside(folded, _words(names)):
        _refuse(field, "The password must be more than the name of the user or of this service.")


def _says_little_beside(folded: str, words: list[str]) -> bool:
    rest = folded
    for word in words:
        rest = rest.replace(word, "")
    return rest != folded and sum(char.isalnum() for char in rest) < _LEAST_BESIDE


def _words(names: tuple[str, ...]) -> list[str]:
    folded = {normalised(name).casefold() for name in names}
    words = {_PRODUCT, *folded, *(name.partition("@")[0] for name in folded)}
    return sorted((word for word in words if len(word) >= _SHORTEST_WORD), key=len, reverse=True)


def _refuse(field: str, reason: str) -> NoReturn:
    error = {"loc": ["body", field], "msg": reason, "type": "weak_password"}
    raise Invalid("weak_password", reason, errors=[error])


@cache
def _common() -> frozenset[str]:
    return frozenset((files("services.auth") / "common_passwords.txt").read_text("utf-8").splitlines())
