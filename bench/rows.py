"""One line of the result: what was measured, on whom, and what the target says."""

from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Target:
    """A bound on Parley's figure: absolute, or as a multiple of a peer's in the same run."""

    bound: float
    times: str | None = None
    at_least: bool = False

    def met(self, value: float, peers: dict[str, float]) -> bool:
        """Whether the figure keeps within it."""
        limit = self.bound * peers[self.times] if self.times else self.bound
        return value >= limit if self.at_least else value <= limit

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        return f"{sign} {self.bound:g} x {self.times}" if self.times else f"{sign} {self.bound:,g}"


@dataclass(frozen=True)
class Row:
    """`samples` are the rounds of each server; the figure is their median."""

    scenario: str
    name: str
    unit: str
    samples: dict[str, list[float]]
    target: Target | None = None
    detail: dict[str, object] = field(default_factory=dict)

    def value(self, server: str) -> float | None:
        """The median of a server's rounds."""
        taken = self.samples.get(server)
        return median(taken) if taken else None

    def ratio(self, peer: str) -> float | None:
        """Parley's figure in multiples of the peer's."""
        ours, theirs = self.value("parley"), self.value(peer)
        return ours / theirs if ours is not None and theirs else None

    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        ours = self.value("parley")
        if self.target is None or ours is None:
            return None
        peers = {peer: value for peer in ("c", "tutorial") if (value := self.value(peer)) is not None}
        return self.target.met(ours, peers)
