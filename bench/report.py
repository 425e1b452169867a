"""The table at the end of a run."""

from collections.abc import Sequence

from bench.rows import Row

_PEERS = ("c", "tutorial")
_HEADS = ("", "Parley", "C", "tutorial", "x C", "x tutorial", "target", "")


def table(rows: Sequence[Row]) -> str:
    """Rows as aligned text, medians of the rounds."""
    lines = [_HEADS, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADS))]
    return "\n".join(_line(line, widths) for line in lines)


def progress(row: Row) -> str:
    """One row as soon as it is known."""
    name, ours, c, tutorial, _, _, target, verdict = _cells(row)
    return f"  {name}: {ours or '-'} (C {c or '-'}, tutorial {tutorial or '-'}) {target} {verdict}".rstrip()


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.ljust(width) if column == 0 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([first, *others]).rstrip()


def _cells(row: Row) -> tuple[str, ...]:
    verdict = {None: "", True: "met", False: "MISSED"}[row.met()]
    ratios = [_ratio(row.ratio(peer)) for peer in _PEERS]
    values = [_number(row.value(server)) for server in ("parley", *_PEERS)]
    return (f"{row.name} [{row.unit}]", *values, *ratios, str(row.target or ""), verdict)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
