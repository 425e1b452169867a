"""The curve of growth as an SVG, beside the results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log10
from pathlib import Path

from bench import machine
from bench.results import FOLDER

_WIDTH, _HEIGHT, _EDGE = 640, 360, 60
_COLOURS = ("#2563eb", "#d97706")


@dataclass(frozen=True)
class Curve:
    """Microseconds per message by size."""

    name: str
    points: Mapping[int, float]


def draw(curves: Sequence[Curve]) -> Path:
    """Sizes on a logarithmic axis, cost from zero: a flat line is what is wanted."""
    path = FOLDER / f"{machine.file_name()}-growth.svg"
    most = max(max(curve.points.values()) for curve in curves) * 1.2
    decades = max(log10(max(curve.points)) for curve in curves)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="12" fill="#222"><rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="{_EDGE}" y="24" font-size="14">CPU per message (us, whole system) as Parley grows</text>',
        *_axes(most, decades),
    ]
    for number, (curve, colour) in enumerate(zip(curves, _COLOURS, strict=True)):
        parts += _line(curve, colour, most, decades)
        parts.append(f'<text x="{_EDGE + 8}" y="{48 + 16 * number}" fill="{colour}">{curve.name}</text>')
    path.write_text("\n".join([*parts, "</svg>"]) + "\n")
    return path


def _x(count: float, decades: float) -> float:
    return _EDGE + (log10(count) - 1) / (decades - 1) * (_WIDTH - 2 * _EDGE)


def _y(cost: float, most: float) -> float:
    return _HEIGHT - _EDGE - cost / most * (_HEIGHT - 2 * _EDGE)


def _axes(most: float, decades: float) -> list[str]:
    bottom, right = _HEIGHT - _EDGE, _WIDTH - _EDGE
    parts = [f'<path d="M{_EDGE} {_EDGE}V{bottom}H{right}" fill="none" stroke="#888"/>']
    for power in range(1, round(decades) + 1):
        at = _x(10**power, decades)
        parts.append(f'<text x="{at:.0f}" y="{bottom + 18}" text-anchor="middle">{10**power:,}</text>')
    for part in range(5):
        cost = most * part / 4
        parts.append(f'<text x="{_EDGE - 8}" y="{_y(cost, most) + 4:.0f}" text-anchor="end">{cost:.0f}</text>')
    return parts


def _line(curve: Curve, colour: str, most: float, decades: float) -> list[str]:
    at = [(_x(count, decades), _y(cost, most)) for count, cost in sorted(curve.points.items())]
    line = " ".join(f"{x:.0f},{y:.0f}" for x, y in at)
    dots = [f'<circle cx="{x:.0f}" cy="{y:.0f}" r="4" fill="{colour}"/>' for x, y in at]
    return [f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>', *dots]
