"""The words table: the lists of the house and of rooms."""

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, insert, select

from services.moderation.models import words
from shared.database import ReadSession, WriteSession

HOUSE = "house"


def lists(tx: ReadSession, scope: str) -> dict[str, list[str]]:
    """The lists of a scope by their names, each in order."""
    found: dict[str, list[str]] = {"blocked": [], "allowed": [], "refused": []}
    query = select(words.c.list, words.c.word).where(words.c.scope == scope).order_by(words.c.word)
    for name, word in tx.execute(query):
        found[name].append(word)
    return found


def put(tx: WriteSession, scope: str, lists: Mapping[str, Sequence[str]]) -> None:
    """These lists, in place of what was there."""
    drop_scope(tx, scope)
    rows = [{"scope": scope, "list": name, "word": word} for name, each in lists.items() for word in each]
    if rows:
        tx.execute(insert(words), rows)


def drop_scope(tx: WriteSession, scope: str) -> None:
    """No words of its own any more."""
    tx.execute(delete(words).where(words.c.scope == scope))
