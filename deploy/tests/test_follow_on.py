"""Cursors after a restore, on both databases: whoever was ahead of a producer's copy hears its next event."""

from collections.abc import Callable

import pytest
from sqlalchemy import insert, select

from deploy.backup.state import State, begin_epoch, follow_on, opened, state_of
from shared.database.outbox_tables import outbox_head
from shared.inbox.tables import inbox
from shared.migrations import upgrade

_HEAD = {"only": 1, "last_id": 40, "epoch": "old", "published_id": 40, "stream_seq": 9}


def _migrated(url: str, service: str) -> str:
    upgrade(url, f"services.{service}:migrations")
    return url


@pytest.mark.parametrize(("was_at", "goes_on_after"), [(7, 7), (40, 40), (55, 40)])
def test_who_was_ahead_goes_back_to_the_producers_last(
    new_database: Callable[[], str], was_at: int, goes_on_after: int
) -> None:
    auth, rooms = _migrated(new_database(), "auth"), _migrated(new_database(), "rooms")
    with opened(auth) as connection:
        connection.execute(outbox_head.delete())
        connection.execute(insert(outbox_head), _HEAD)
    with opened(rooms) as connection:
        connection.execute(insert(inbox), {"producer": "auth", "epoch": "old", "last_id": was_at})
    before = state_of(auth)
    after = begin_epoch("auth", auth)
    assert (before.epoch, after.last, after.epoch not in ("", "old")) == ("old", 40, True)
    follow_on(rooms, {"auth": before}, {"auth": after})
    assert _cursor(rooms) == (after.epoch, goes_on_after)


def test_who_followed_an_older_epoch_starts_over(new_database: Callable[[], str]) -> None:
    rooms = _migrated(new_database(), "rooms")
    with opened(rooms) as connection:
        connection.execute(insert(inbox), {"producer": "auth", "epoch": "older", "last_id": 3})
    follow_on(rooms, {"auth": State("0001", "old", 9)}, {"auth": State("0001", "new", 9)})
    assert _cursor(rooms) == ("older", 3)


def _cursor(url: str) -> tuple[str, int]:
    with opened(url) as connection:
        row = connection.execute(select(inbox.c.epoch, inbox.c.last_id)).one()
        return row.epoch, row.last_id
