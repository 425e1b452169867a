"""Who is called by a text: `@username` of members, `@room` by moderators."""

import re
from collections.abc import Callable, Iterable

from services.messaging import policy
from shared.problems import Invalid

EVERYBODY = ""
_ROOM = "room"
_NAME = re.compile(r"(?<![\w.@-])@([A-Za-z0-9_.-]{3,32})(?![\w@])", re.ASCII)


def names_in(text: str) -> list[str]:
    """Usernames that the text may mean, in lower case; a sentence's full stop may or may not belong to the name."""
    if "@" not in text:
        return []
    found = dict.fromkeys(name.lower() for name in _NAME.findall(text))
    return [each for name in found for each in dict.fromkeys((name, name.rstrip(".-"))) if len(each) >= 3]


def calls_room(text: str) -> bool:
    """Whether the text calls everybody."""
    return _ROOM in names_in(text)


def mentioned(text: str, member_named: Callable[[str], str | None]) -> list[str]:
    """The ids of the members that a text names, each once, in the text's order.

    `member_named` gives the id of the member of that name. Raises Invalid for more than a text may call.
    """
    found = list(dict.fromkeys(_known(map(member_named, names_in(text)))))
    if len(found) > policy.MAX_MENTIONS:
        raise Invalid("too_many_mentions", f"A message mentions at most {policy.MAX_MENTIONS} people.")
    return found


def _known(ids: Iterable[str | None]) -> Iterable[str]:
    return (each for each in ids if each is not None)
