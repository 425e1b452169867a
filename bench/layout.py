"""Who sits where: the same rooms and people on every server."""

from dataclasses import dataclass

PEOPLE = 100
SMALL_ROOMS = 50
SMALL = 5


@dataclass(frozen=True)
class Layout:
    """`sockets` spread evenly over rooms, each room's over its members."""

    rooms: tuple[str, ...]
    sockets: int

    def seat(self, number: int) -> tuple[str, int]:
        """The room and the person of a socket."""
        room = self.rooms[number % len(self.rooms)]
        members = ROOMS[room]
        return room, members[number // len(self.rooms) % len(members)]


_SMALL_NAMES = tuple(f"small-{number}" for number in range(SMALL_ROOMS))
ROOMS: dict[str, tuple[int, ...]] = {
    "big": tuple(range(PEOPLE)),
    "hundred": tuple(range(PEOPLE)),
    **{name: tuple((SMALL * n + k) % PEOPLE for k in range(SMALL)) for n, name in enumerate(_SMALL_NAMES)},
}
"""Each room's members by their numbers; the first one is its owner."""

BIG = Layout(("big",), 1_000)
HUNDRED = Layout(("hundred",), 100)
MANY_SMALL = Layout(_SMALL_NAMES, SMALL_ROOMS * SMALL)
