"""The account of an admin, as the operator wants it."""

from pydantic import SecretStr, ValidationError

from services.auth.password_rules import SHORTEST, check_strength
from services.auth.schemas import Registration
from shared.problems import Problem


def admin_draft(username: str, password: SecretStr, email: str, shortest: int = SHORTEST) -> Registration:
    """The account to be made; ValueError says what is wrong with it, without repeating the password."""
    text = password.get_secret_value()
    try:
        draft = Registration(username=username, password=text, email=email or f"{username}@parley.invalid")
        check_strength(text, "password", username, email, shortest=shortest)
    except ValidationError as exc:
        first = exc.errors(include_input=False)[0]
        raise ValueError(f"the admin's {first['loc'][0]}: {first['msg']}") from None
    except Problem as problem:
        raise ValueError(f"the admin's password: {problem.detail}") from None
    return draft
