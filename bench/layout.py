"""Who sits where: the same rooms and people on every server."""

from collections.abc import Mapping
from dataclasses import dataclass

PEOPLE = 100
_SMALL_ROOMS, _SMALL = 50, 5


@dataclass(frozen=True)
class Layout:
    """Rooms with their members (people by number, the first one founds it), and sockets spread evenly over both."""

    rooms: Mapping[str, tuple[int, ...]]
    sockets: int

    def seats(self) -> list[tuple[str, int]]:
        """The room and the person of each socket."""
        names = list(self.rooms)
        return [self._seat(names, number) for number in range(self.sockets)]

    def with_sockets(self, sockets: int) -> "Layout":
        """The same rooms with more or fewer sockets."""
        return Layout(self.rooms, sockets)

    def _seat(self, names: list[str], number: int) -> tuple[str, int]:
        room = names[number % len(names)]
        members = self.rooms[room]
        return room, members[number // len(names) % len(members)]


HUNDRED = Layout({"hundred": tuple(range(PEOPLE))}, PEOPLE)
THOUSAND = HUNDRED.with_sockets(1_000)
MANY_SMALL = Layout(
    {f"small-{n}": tuple((_SMALL * n + k) % PEOPLE for k in range(_SMALL)) for n in range(_SMALL_ROOMS)},
    _SMALL_ROOMS * _SMALL,
)
ROOMS: Mapping[str, tuple[int, ...]] = {**HUNDRED.rooms, **MANY_SMALL.rooms}
