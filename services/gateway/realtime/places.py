"""Who is in which room, looked up from either side."""

from collections import defaultdict


class Places:
    """A set of pairs of a room and a person."""

    def __init__(self) -> None:
        self._people: defaultdict[str, set[str]] = defaultdict(set)
        self._rooms: defaultdict[str, set[str]] = defaultdict(set)

    def add(self, room_id: str, user_id: str) -> None:
        """They are in the room."""
        self._people[room_id].add(user_id)
        self._rooms[user_id].add(room_id)

    def discard(self, room_id: str, user_id: str) -> None:
        """They are not."""
        _take(self._people, room_id, user_id)
        _take(self._rooms, user_id, room_id)

    def has(self, room_id: str, user_id: str) -> bool:
        """Whether they are in the room."""
        return user_id in self._people.get(room_id, ())

    def people(self, room_id: str) -> set[str]:
        """Who is in the room; not to be changed."""
        return self._people.get(room_id, set())

    def rooms_of(self, user_id: str) -> set[str]:
        """Where somebody is; not to be changed."""
        return self._rooms.get(user_id, set())

    def picture(self) -> dict[str, list[str]]:
        """Everything, by room."""
        return {room_id: sorted(people) for room_id, people in self._people.items()}


def _take(table: "defaultdict[str, set[str]]", key: str, value: str) -> None:
    values = table.get(key)
    if values is not None:
        values.discard(value)
        if not values:
            del table[key]
