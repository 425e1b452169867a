"""Takes a person's names out of JSON that has to stay: the id remains, and says no more than that it was somebody."""

from typing import Any, Final

NOBODY: Final = {"username": "deleted", "display_name": "deleted user", "bio": "", "avatar_url": None}


def anonymised(value: Any, user_id: str) -> Any:
    """The same value, in which every object that is this person (by `id` or `user_id`) is called a deleted user."""
    if isinstance(value, list):
        return [anonymised(each, user_id) for each in value]
    if not isinstance(value, dict):
        return value
    said = {name: anonymised(each, user_id) for name, each in value.items()}
    if user_id in (value.get("id"), value.get("user_id")):
        said |= {name: NOBODY[name] for name in NOBODY.keys() & said.keys()}
    return said
