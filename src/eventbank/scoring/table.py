"""A report and a comparison as lines for eyes, at most 100 characters wide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eventbank.scoring import documents
from eventbank.scoring.bootstrap import Estimate
from eventbank.scoring.documents import ENTITY, EXACT, HEAD, OVERLAP
from eventbank.scoring.report import ATTRIBUTES, CONLL, TEXTEE, Figure, Paired, Report, percent
from eventbank.scoring.tally import KINDS

TITLES = {
    TEXTEE: "TextEE, tokens of windows",
    EXACT: "Documents, exact spans",
    HEAD: "Documents, heads",
    OVERLAP: "Documents, overlap",
    ENTITY: "Documents, right entity",
    ATTRIBUTES: "Triggers with attribute",
    **{kind: f"Chains of {kind}" for kind in KINDS},
}
"""The heading of every part, in the order of the table."""

_COUNTS = ("pred", "gold", "both")
_RATIOS = ("P", "R", "F1")


def table(report: Report) -> list[str]:
    """All figures, then types and roles by TextEE's metrics and by exact spans of documents, and the signature."""
    lines: list[str] = []
    for part, title in TITLES.items():
        rows = [(name, figure) for (of, name), figure in report.figures.items() if of == part]
        if rows:
            macro = any((part, name) in report.macro for name, _ in rows)
            lines += ["", _head(title, rows[0][1].counts is not None) + ("  macro" if macro else "")]
            lines += [_row(name, figure, report.macro.get((part, name))) for name, figure in rows]
            lines += [_line(CONLL, [], [None, None], report.conll[part], None)] if part in report.conll else []
    lines += [line for part in (TEXTEE, EXACT) for metric in BROKEN_DOWN for line in _labels(report, part, metric)]
    return [*lines[1:], "", report.signature]


BROKEN_DOWN = ("trigger_cls", "argument_attached_cls")
"""The metrics whose types and roles are shown; JSON has those of all."""


def _head(title: str, counts: bool) -> str:
    return f"{title:<26}" + "".join(f"{name if counts else '':>8}" for name in _COUNTS) + "".join(f"{name:>7}" for name in _RATIOS)


def _row(name: str, figure: Figure, macro: float | None) -> str:
    return _line(name, figure.counts or (), [figure.precision, figure.recall], figure.f1, macro)


def _line(name: str, counts: Sequence[int], ratios: Sequence[float | None], f1: Estimate, macro: float | None) -> str:
    numbers = "".join(f"{count:>8}" for count in counts) or " " * 24
    shares = "".join(f"{'–' if one is None else f'{one:.2f}':>7}" for one in (*ratios, f1.value))
    mean = f"{'' if macro is None else f'{macro:.2f}':>7}"
    interval = f" [{f1.low:.2f}, {f1.high:.2f}]" if f1.low is not None and f1.high is not None else ""
    return f"  {name:<24}{numbers}{shares}{mean}{interval}".rstrip()


def _labels(report: Report, part: str, metric: str) -> Iterator[str]:
    rows = [(label, score) for (of, name, label), score in report.labels.items() if (of, name) == (part, metric)]
    if rows:
        yield from ("", f"{part}, {metric}, by {documents.LABELS[metric]}", _head("", True))
    for label, score in rows:
        found = percent(score)
        counts = (score.pred_num, score.gold_num, score.match_num)
        yield _line(label, counts, [found["precision"], found["recall"]], Estimate(found["f1"]), None)


def paired_table(paired: Paired) -> list[str]:
    """The F1 of both systems, their difference and its p-value, figure by figure, and the signature."""
    lines = []
    for part, title in TITLES.items():
        rows = [(name, found) for (of, name), found in paired.differences.items() if of == part]
        if rows:
            lines += ["", f"{title:<26}{'one':>8}{'other':>8}{'diff':>8}{'p':>9}"]
            lines += [f"  {name:<24}{one.one:>8.2f}{one.other:>8.2f}{one.difference:>+8.2f}{one.p:>9.4f}" for name, one in rows]
    return [*lines[1:], "", paired.signature]
