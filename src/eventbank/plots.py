"""The statistics of a release as figures: SVG, whose bytes are the same every time, and PNG."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventbank.errors import Code, EventBankError
from eventbank.files import write_atomic
from eventbank.statistics import Counts, Statistics

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NO_MATPLOTLIB = Code("E712", "the package matplotlib is not installed", "Install the extra: pip install 'eventbank[plots]'.")

FORMATS: Mapping[str, Mapping[str, None]] = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}}
"""The formats of every figure, with the metadata that would tell when and with what it was drawn."""

STYLE: Mapping[str, Any] = {
    "svg.hashsalt": "eventbank",
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.dpi": 150,
}
"""Ids in an SVG are hashes with a salt that is random unless it is set; text stays text, so that it can be searched and read aloud."""

COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")
"""Colours that people with colour blindness tell apart (Tol 2021)."""


def draw(found: Statistics, folder: Path) -> list[Path]:
    """Draws every figure that has something to show into a folder, and says which files were written.

    Raises:
        EventBankError: E712 without matplotlib.
    """
    try:
        import matplotlib as mpl
    except ImportError:
        raise EventBankError(NO_MATPLOTLIB.at()) from None
    written = []
    style: Any = dict(STYLE)
    with mpl.rc_context(style):
        for name, figure in _figures(found):
            for kind, metadata in FORMATS.items():
                data = io.BytesIO()
                figure.savefig(data, format=kind, metadata=dict(metadata), bbox_inches="tight")
                path = folder / f"{name}.{kind}"
                write_atomic(path, data.getvalue())
                written.append(path)
    return written


def _figures(found: Statistics) -> Iterator[tuple[str, Figure]]:
    figures: dict[str, tuple[bool, Callable[[], Figure]]] = {
        "events_by_type": (bool(found.events), lambda: _stacked(found.events, list(found.documents), "events")),
        "roles_by_type": (bool(found.roles), lambda: _grid(found.roles)),
        "arguments_per_event": (bool(found.arguments.counts), lambda: _bars(found.arguments.counts, "arguments of an event", "events")),
        "distance": (found.gaps.mean is not None, lambda: _bars(found.gaps.counts, "code points from trigger to argument", "arguments")),
        "sentences": (bool(found.sentences), lambda: _bars(found.sentences, "sentences from trigger to argument", "arguments")),
        "entity_chains": (bool(found.entity_chains.counts), lambda: _bars(found.entity_chains.counts, "mentions of an entity", "entities")),
        "event_chains": (
            bool(found.event_chains.counts),
            lambda: _bars(found.event_chains.counts, "mentions of a happening", "happenings"),
        ),
        "attributes": (any(found.attributes.values()), lambda: _attributes(found.attributes)),
        "timeline": (bool(found.dates), lambda: _timeline(found.dates)),
        "agreement": (
            bool(found.agreement),
            lambda: _across({name: one.f1 for name, one in found.agreement.items()}, "F1 between annotators"),
        ),
    }
    return ((name, make()) for name, (shown, make) in figures.items() if shown)


def _axes(width: float, height: float) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    return figure, figure.subplots()


def _stacked(counts: Mapping[str, Counts], parts: Sequence[str], label: str) -> Figure:
    names = list(counts)[::-1]
    figure, axes = _axes(6, 0.6 + 0.22 * len(names))
    begin = [0] * len(names)
    for part, colour in zip(parts, COLOURS, strict=False):
        width = [counts[name].get(part, 0) for name in names]
        axes.barh(names, width, left=begin, color=colour, label=part)
        begin = [one + other for one, other in zip(begin, width, strict=True)]
    axes.set_xlabel(label)
    axes.legend(frameon=False)
    return figure


def _grid(counts: Mapping[str, Counts]) -> Figure:
    types = list(counts)
    roles = sorted(
        {role for count in counts.values() for role in count}, key=lambda role: (-sum(c.get(role, 0) for c in counts.values()), role)
    )
    table = [[counts[name].get(role, 0) for role in roles] for name in types]
    figure, axes = _axes(1.5 + 0.3 * len(roles), 1 + 0.24 * len(types))
    axes.imshow(table, cmap="Blues", aspect="auto")
    axes.set_xticks(range(len(roles)), roles, rotation=90)
    axes.set_yticks(range(len(types)), types)
    most = max(map(max, table))
    for y, row in enumerate(table):
        for x, value in enumerate(row):
            if value:
                axes.text(x, y, str(value), ha="center", va="center", fontsize=7, color="white" if value > most / 2 else "black")
    return figure


def _bars(counts: Counts, label: str, unit: str) -> Figure:
    figure, axes = _axes(5, 3)
    axes.bar(list(counts), list(counts.values()), color=COLOURS[0])
    axes.set_xlabel(label)
    axes.set_ylabel(unit)
    return figure


def _across(shares: Mapping[str, float], label: str) -> Figure:
    names = list(shares)[::-1]
    figure, axes = _axes(6, 0.6 + 0.22 * len(names))
    axes.barh(names, [shares[name] for name in names], color=COLOURS[0])
    axes.set_xlim(0, 1)
    axes.set_xlabel(label)
    return figure


def _attributes(attributes: Mapping[str, Counts]) -> Figure:
    names = [f"{name}: {value}" for name, count in attributes.items() for value in count][::-1]
    values = [times for count in attributes.values() for times in count.values()][::-1]
    colours = [COLOURS[at % len(COLOURS)] for at, count in enumerate(attributes.values()) for _ in count][::-1]
    figure, axes = _axes(6, 0.6 + 0.22 * len(names))
    axes.barh(names, values, color=colours)
    axes.set_xlabel("events")
    return figure


def _timeline(dates: Mapping[str, Counts]) -> Figure:
    """Events by month, those whose day is stated below those that take the day of their document."""
    months = sorted({day[:7] for day in dates})
    figure, axes = _axes(max(5, 1 + 0.25 * len(months)), 3)
    begin = [0] * len(months)
    for source, colour in zip(("stated", "document"), COLOURS, strict=False):
        height = [sum(count.get(source, 0) for day, count in dates.items() if day[:7] == month) for month in months]
        axes.bar(months, height, bottom=begin, color=colour, label={"stated": "day stated", "document": "day of the document"}[source])
        begin = [one + other for one, other in zip(begin, height, strict=True)]
    axes.set_ylabel("events")
    axes.tick_params(axis="x", rotation=90)
    axes.legend(frameon=False)
    return figure
