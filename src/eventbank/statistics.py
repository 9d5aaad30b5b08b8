"""What is in a release, in numbers: events, roles, distances, chains, attributes, dates, agreement.

Nothing here draws or prints but `table`; `plots` draws the same numbers.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

from eventbank.layer import Event, Layer, Mention
from eventbank.ontology import ATTRIBUTES
from eventbank.released import Released, stated_day
from eventbank.segmentation import sentence_of
from eventbank.tables import SPLITS

Counts = Mapping[str, int]

GAPS = (0, 10, 25, 50, 100, 200, 500)
"""Where the classes of distances begin, in code points."""


@dataclass(frozen=True)
class Spread:
    """How a number is spread: how often each value (as text, in order) occurs, and mean, median and largest value; None over nothing."""

    counts: Counts
    mean: float | None
    median: float | None
    most: int | None


@dataclass(frozen=True)
class Agreed:
    """Agreement on an event type or role: F1 by exact spans, and how many each of the two annotators marked."""

    f1: float
    one: int
    other: int


@dataclass(frozen=True)
class Statistics:
    """The numbers of a release or of one split; names are in the order of their counts, then of the alphabet.

    Attributes:
        documents: documents by split.
        labelled: those with labels by split.
        events: by event type and split.
        roles: arguments by event type and role.
        arguments: arguments of an event.
        gaps: code points between trigger and argument, 0 where they touch or overlap; `counts` by the classes of `GAPS`.
        sentences: sentences from the trigger to the argument, 0 in the same one, below 0 before it.
        outside: the share of the arguments that are not in the sentence of their trigger; None without arguments.
        entity_chains: mentions of an entity.
        event_chains: mentions of a happening.
        attributes: events by attribute and value.
        dates: events by day and by where the day is from: `stated` by a Time argument (`released.stated_day`), or that of the `document`.
        agreement: F1 between annotators by event type; empty where it was not measured.
    """

    name: str
    version: str
    documents: Counts
    labelled: Counts
    events: Mapping[str, Counts]
    roles: Mapping[str, Counts]
    arguments: Spread
    gaps: Spread
    sentences: Counts
    outside: float | None
    entity_chains: Spread
    event_chains: Spread
    attributes: Mapping[str, Counts]
    dates: Mapping[str, Counts]
    agreement: Mapping[str, Agreed]

    def to_dict(self) -> dict[str, Any]:
        """The numbers for JSON, floats rounded to 4 decimals."""
        return {name: _rounded(value) for name, value in asdict(self).items()}


def statistics(found: Released, agreement: Mapping[str, Agreed] | None = None) -> Statistics:
    """The numbers of a release that was read by `released.load_release`."""
    layers = found.layers.values()
    pairs = [pair for doc_id, layer in found.layers.items() for pair in _pairs(layer, found.sentences[doc_id])]
    apart = Counter(there - here for _, _, here, there in pairs)
    return Statistics(
        name=found.name,
        version=found.version,
        documents=_by_split(found.split_of.values()),
        labelled=_by_split(found.split_of[doc_id] for doc_id in found.layers),
        events=_nested((event.type, found.split_of[layer.doc_id]) for layer in layers for event in layer.events),
        roles=_nested((event.type, argument.role) for layer in layers for event in layer.events for argument in event.arguments),
        arguments=_spread(len(event.arguments) for layer in layers for event in layer.events),
        gaps=_classes([gap(event, filler) for event, filler, _, _ in pairs]),
        sentences={f"{distance:+d}" if distance else "0": apart[distance] for distance in sorted(apart)},
        outside=1 - apart[0] / len(pairs) if pairs else None,
        entity_chains=_spread(len(chain) for layer in layers for chain in layer.entities),
        event_chains=_spread(len(chain) for layer in layers for chain in layer.happenings),
        attributes={name: _counted(values) for name, values in _attributes(layers).items()},
        dates={day: dict(sorted(sources.items())) for day, sources in sorted(_dates(found).items())},
        agreement=agreement or {},
    )


def read_agreement(folder: Path) -> dict[str, Agreed]:
    """Agreement by event type as the report in a release says; empty where there is none, or where it has another form."""
    try:
        types = json.loads((folder / "agreement.json").read_text(encoding="utf-8"))["overall"]["types"]["event_types"]
        return {name: Agreed(one["exact"]["f1"], one["exact"]["gold_num"], one["exact"]["pred_num"]) for name, one in types.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def gap(one: Mention | Event, other: Mention | Event) -> int:
    """How many code points lie between two spans; 0 where they touch or overlap."""
    return max(0, one.start - other.end, other.start - one.end)


def _pairs(layer: Layer, sentences: tuple[tuple[int, int], ...]) -> Iterator[tuple[Event, Mention | Event, int, int]]:
    """Every argument: its event, its filler, and the sentences in which the trigger and the filler begin."""
    spans = {span.id: span for span in layer.spans()}
    for event in layer.events:
        for argument in event.arguments:
            filler = spans[argument.ref]
            yield event, filler, sentence_of(sentences, event.start), sentence_of(sentences, filler.start)


def _attributes(layers: Iterable[Layer]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {name: Counter() for name in (*ATTRIBUTES, "realis")}
    for layer in layers:
        for event in layer.events:
            for name in ATTRIBUTES:
                found[name][event.attributes[name]] += 1
            found["realis"][event.realis] += 1
    return found


def _dates(found: Released) -> dict[str, Counter[str]]:
    dates: dict[str, Counter[str]] = {}
    for doc_id, layer in found.layers.items():
        dated = str(found.facts[doc_id]["dated"]) if doc_id in found.facts else ""
        for event in layer.events:
            if (day := stated_day(event, layer)) or dated:
                dates.setdefault(day or dated, Counter())["stated" if day else "document"] += 1
    return dates


def _by_split(splits: Iterable[str]) -> dict[str, int]:
    count = Counter(splits)
    return {split: count[split] for split in (*SPLITS, *sorted(count.keys() - set(SPLITS))) if split in count}


def _counted(count: Counter[str]) -> dict[str, int]:
    return dict(sorted(count.items(), key=lambda item: (-item[1], item[0])))


def _nested(pairs: Iterable[tuple[str, str]]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for outer, inner in pairs:
        found.setdefault(outer, Counter())[inner] += 1
    ordered = sorted(found.items(), key=lambda item: (-item[1].total(), item[0]))
    return {outer: _by_split(count.elements()) if count.keys() <= set(SPLITS) else _counted(count) for outer, count in ordered}


def _spread(values: Iterable[int]) -> Spread:
    found = list(values)
    count = Counter(found)
    return _summary({str(value): count[value] for value in sorted(count)}, found)


def _classes(values: list[int]) -> Spread:
    ends = (*GAPS[1:], None)
    counts = {
        f"{begin}+" if end is None else f"{begin}–{end - 1}": sum(begin <= value and (end is None or value < end) for value in values)
        for begin, end in zip(GAPS, ends, strict=True)
    }
    return _summary(counts, values)


def _summary(counts: Counts, values: list[int]) -> Spread:
    return Spread(counts, fmean(values), median(values), max(values)) if values else Spread(counts, None, None, None)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return round(value, 4) if isinstance(value, float) else value


def table(found: Statistics) -> list[str]:
    """The numbers as lines for eyes, at most 100 characters wide."""
    splits = list(found.documents) or list(SPLITS)
    lines = [f"{found.name} {found.version}".strip(), "", _line("", splits)]
    lines += [
        _line("documents", (found.documents.get(split, 0) for split in splits)),
        _line("  with labels", (found.labelled.get(split, 0) for split in splits)),
    ]
    lines += ["", _line("events", (*splits, "all"))]
    for name, count in found.events.items():
        lines.append(_line(f"  {name}", (*(count.get(split, 0) for split in splits), sum(count.values()))))
    totals = [sum(count.get(split, 0) for count in found.events.values()) for split in splits]
    lines += [_line("  all", (*totals, sum(totals))), "", _headed("roles", found.roles)]
    for name, count in found.roles.items():
        lines += _wrapped(f"  {name:<28}", [f"{role} {times}" for role, times in count.items()])
    spreads = (("arguments of an event", found.arguments), ("mentions of an entity", found.entity_chains))
    for title, spread in (*spreads, ("mentions of a happening", found.event_chains), ("code points to an argument", found.gaps)):
        classes = [f"{value}: {times}" for value, times in spread.counts.items()] if spread.mean is not None else []
        lines += ["", _said(title, spread), *_wrapped(" " * 30, classes)]
    if found.outside is not None:
        apart = [f"{distance}: {times}" for distance, times in found.sentences.items()]
        lines += [
            "",
            f"{'sentences to an argument':<30}{found.outside:.1%} outside the sentence of the trigger",
            *_wrapped(" " * 30, apart),
        ]
    lines += ["", _headed("attributes", [name for name, count in found.attributes.items() if count])]
    for name, count in found.attributes.items():
        lines += _wrapped(f"  {name:<28}", [f"{value} {times}" for value, times in count.items()])
    if found.dates:
        days = list(found.dates)
        stated = sum(count.get("stated", 0) for count in found.dates.values())
        lines += ["", f"{'days of events':<30}{days[0]} to {days[-1]}, {len(days)} days; the day of {stated} events is stated"]
    lines += ["", "agreement by event type (F1)" if found.agreement else "agreement was not measured"]
    lines += [f"  {name:<28}{one.f1:.3f} ({one.one}, {one.other})" for name, one in found.agreement.items()]
    return lines


def _line(title: str, cells: Iterable[object]) -> str:
    return f"{title:<30}" + "".join(f"{cell!s:>12}" for cell in cells)


def _headed(title: str, below: Collection[str]) -> str:
    return title if below else f"{title:<30}none"


def _said(title: str, spread: Spread) -> str:
    if spread.mean is None:
        return f"{title:<30}none"
    return f"{title:<30}mean {spread.mean:.2f}, median {spread.median:g}, at most {spread.most}"


def _wrapped(head: str, parts: list[str]) -> list[str]:
    """The parts after a head, broken before 100 characters."""
    lines, line = [], head
    for at, part in enumerate(parts):
        piece = part + (", " if at + 1 < len(parts) else "")
        if len(line) + len(piece.rstrip()) > 100:
            lines.append(line.rstrip())
            line = " " * len(head)
        line += piece
    return [*lines, line.rstrip()] if parts else []
