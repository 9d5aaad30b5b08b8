"""Figures of the pages as SVG: drawn from numbers alone, the same for the same numbers, coloured by the stylesheet.

Bars and intervals stand in the rows of a table that has the numbers, and say nothing to those who hear it; the timeline says in words what
it shows, and has its table below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markupsafe import Markup

WIDTH, HEIGHT = 240, 12
"""Units of a bar and of an interval; a page stretches them to the width that there is."""

WIDEST = 48
"""Units that a column of a timeline is wide at most; the whole has 720."""

MOST = 36
"""How many columns a timeline has at most; more months become years."""


def bar(parts: Sequence[tuple[str, int]], longest: int) -> Markup:
    """A bar of parts side by side, each a class of the stylesheet and a number; `longest` is the number that fills the width."""
    x, drawn = 0.0, []
    for name, number in parts:
        width = WIDTH * number / max(longest, 1)
        if number:
            drawn.append(f'<rect class="f-{name}" x="{_n(x)}" y="1" width="{_n(max(width, 1))}" height="{HEIGHT - 2}"/>')
        x += width
    return _svg("bar", WIDTH, HEIGHT, "".join(drawn), 'aria-hidden="true" preserveAspectRatio="none"')


def interval(low: float | None, value: float | None, high: float | None) -> Markup:
    """A value between 0 and 1 as a stroke across a line, with the interval around it."""

    def at(one: float) -> str:
        return _n(4 + (WIDTH - 8) * min(max(one, 0.0), 1.0))

    drawn = [f'<path class="f-axis" d="M4 {HEIGHT // 2}H{WIDTH - 4}"/>']
    if low is not None and high is not None:
        drawn.append(f'<path class="f-range" d="M{at(low)} {HEIGHT // 2}H{at(high)}"/>')
    if value is not None:
        drawn.append(f'<path class="f-point" d="M{at(value)} 1V{HEIGHT - 1}"/>')
    return _svg("interval", WIDTH, HEIGHT, "".join(drawn), 'aria-hidden="true"')


def timeline(months: Mapping[str, Mapping[str, int]], splits: Sequence[str]) -> tuple[Markup, list[tuple[str, list[int]]]]:
    """Documents by month (`2024-03`) and split as columns, and the same as rows: the period, a number for each split.

    Months between the first and the last that have no document are shown as empty; where there are more than `MOST`, years are.
    """
    seen = sorted({month for split in splits for month in months.get(split, {})})
    periods = _months(seen[0], seen[-1]) if seen else []
    length = 7
    if len(periods) > MOST:
        length, periods = 4, [f"{year:04d}" for year in range(int(seen[0][:4]), int(seen[-1][:4]) + 1)]
    rows = [
        (period, [sum(number for month, number in months.get(split, {}).items() if month[:length] == period) for split in splits])
        for period in periods
    ]
    return _columns(rows, splits, "month" if length == 7 else "year"), [row for row in rows if any(row[1])]


def _columns(rows: Sequence[tuple[str, list[int]]], splits: Sequence[str], unit: str) -> Markup:
    width, height, foot = 720, 150, 22
    step = width / max(len(rows), 1)
    wide = min(step * 0.76, WIDEST)
    highest = max((sum(numbers) for _, numbers in rows), default=1)
    drawn = [f'<path class="f-axis" d="M0 {height - foot}H{width}"/>']
    for at, (_, numbers) in enumerate(rows):
        y = float(height - foot)
        for split, number in zip(splits, numbers, strict=True):
            tall = (height - foot - 14) * number / highest
            y -= tall
            if number:
                sized = f'x="{_n(at * step + (step - wide) / 2)}" y="{_n(y)}" width="{_n(wide)}" height="{_n(max(tall, 1))}"'
                drawn.append(f'<rect class="f-{split}" {sized}/>')
    for at in sorted({0, len(rows) // 2, len(rows) - 1} if rows else ()):
        anchor, x = "middle", at * step + step / 2
        if wide < WIDEST and at in (0, len(rows) - 1):
            anchor, x = ("start", 0.0) if at == 0 else ("end", float(width))
        drawn.append(f'<text class="f-label" x="{_n(x)}" y="{height - 5}" text-anchor="{anchor}">{rows[at][0]}</text>')
    total = sum(sum(numbers) for _, numbers in rows)
    said = f"Documents by {unit} and split: {total} from {rows[0][0]} to {rows[-1][0]}." if rows else "No document has a date."
    inside = f"<title>{said}</title>{''.join(drawn)}"
    return _svg("timeline", width, height, inside, f'role="img" aria-label="{said}"')


def _months(first: str, last: str) -> list[str]:
    start, end = (int(month[:4]) * 12 + int(month[5:7]) - 1 for month in (first, last))
    return [f"{at // 12:04d}-{at % 12 + 1:02d}" for at in range(start, min(end, start + MOST) + 1)]


def _svg(name: str, width: int, height: int, inside: str, more: str) -> Markup:
    """Our own drawing: numbers, and names that the caller has from a closed list."""
    from markupsafe import Markup

    return Markup(f'<svg xmlns="http://www.w3.org/2000/svg" class="{name}" viewBox="0 0 {width} {height}" {more}>{inside}</svg>')


def _n(value: float) -> str:
    """A length with two decimals at most."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
