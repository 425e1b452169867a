"""People whom the tests of operations need."""

from tests.system.conftest import anna, room_id

__all__ = ["anna", "room_id"]
