import pytest

from services.auth.password_rules import check_strength, normalised
from shared.problems import Invalid

NAMES = ("Ada.Lovelace", "countess@example.org")


@pytest.mark.parametrize(
    "password",
    [
        "password",
        "PassWord1",
        "12345678",
        "qwertyuiop",
        "Ada.Lovelace",
        "ada.lovelace1!",
        "countess@example.org",
        "Countess99",
        "!!countess!!",
        "ParleyParley",
        "parley2026",
        "ada.lovelaceparley",
        "short",
    ],
)
def test_what_an_attacker_tries_first_is_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_strength(password, "password", *NAMES)
    assert refused.value.code == "weak_password"
    assert refused.value.errors is not None and refused.value.errors[0]["loc"] == ["body", "password"]


@pytest.mark.parametrize(
    "password",
    [
        "a b a b a b a b",
        "parley rocks the boat",
        "my countess has a horse",
        "correct horse",
        "пароль для всех",
        "🦄" * 8,
    ],
)
def test_there_are_no_rules_of_composition(password: str) -> None:
    check_strength(password, "password", *NAMES)


def test_the_shortest_is_the_operators_to_say() -> None:
    check_strength("ten chars!", "password")
    with pytest.raises(Invalid, match="15 characters"):
        check_strength("fourteen chars", "password", shortest=15)
    check_strength("fifteen letters", "password", shortest=15)


def test_two_spellings_of_a_letter_are_one() -> None:
    assert normalised("cafe\u0301s") == "cafés"
    assert normalised("ﬁne") != "fine", "NFKC would make different passwords equal"
