"""The reports of a release as tables of its card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eventbank.release.markdown import table

SCORES = (
    ("entity_cls", "entity mentions with type"),
    ("value_cls", "values with type"),
    ("trigger_id", "triggers (TI)"),
    ("trigger_cls", "triggers with event type (TC)"),
    ("argument_attached_id", "arguments (AI+)"),
    ("argument_attached_cls", "arguments with role (AC+)"),
)
"""The scores that the first table on agreement has, with what each is called."""


Figures = tuple[tuple[str, ...], Sequence[Sequence[object]]]
"""The head of a table and its rows."""


def agreement(report: Mapping[str, Any] | None) -> str:
    """The section on agreement, from `agreement.json`; empty without a report."""
    if report is None:
        return ""
    whole, method = report["overall"], report["method"]
    names = " and ".join(f"`{name}`" for name in whole["annotators"])
    head = f"Passes of {names} on {len(whole['documents'])} documents, before adjudication; `agreement.json` has all figures."
    drawn = f"In brackets: {method['interval']:.0%} intervals by drawing documents {method['draws']} times."
    return "\n\n".join(["#### Agreement", f"{head} {drawn}", *(table(*found) for found in agreement_tables(report))])


def agreement_tables(report: Mapping[str, Any]) -> list[Figures]:
    """The tables on agreement, from `agreement.json`.

    F1 of all pairs of annotators, alpha on what both marked, CoNLL average of chains, gamma as the mean of documents and pairs.
    """
    whole, method = report["overall"], report["method"]
    spans = [
        (title, exact["score"]["gold_num"], exact["score"]["pred_num"], _figure(exact["f1"]), _figure(overlap["f1"]))
        for name, title in SCORES
        for exact, overlap in [(whole["scores"][name]["exact"], whole["scores"][name]["overlap"])]
    ]
    labels = [(name.replace("_", " "), one["units"], _figure(one["alpha"])) for name, one in whole["alpha"].items()]
    chains = [
        (f"{kind}, {scope} mentions", _figure(one["conll"]), _figure(one["lea"]))
        for kind, scopes in whole["coreference"].items()
        for scope, one in scopes.items()
    ]
    found: list[Figures] = [
        (("F1 of the second against the first", "A", "B", "exact", f"overlap, IoU ≥ {method['overlap_iou']}"), spans),
        (("Krippendorff's alpha on what both marked", "units", "alpha"), labels),
        (("chains", "CoNLL average", "LEA"), chains),
    ]
    if report.get("gamma"):
        found.append((("gamma", "mean of documents"), list(_gammas(report["gamma"]))))
    return found


_TEXTEE = {
    "trigger_id": "triggers (TI)",
    "trigger_cls": "triggers with event type (TC)",
    "argument_id": "arguments (AI)",
    "argument_cls": "arguments with role (AC)",
    "argument_attached_id": "arguments (AI+)",
    "argument_attached_cls": "arguments with role (AC+)",
}
_WAYS = {"test": "trained on train, scored on test", "crossed": "each story by a model of all others"}


def baselines(report: Mapping[str, Any] | None) -> str:
    """The section on baselines, from `baselines.json`: F1 by TextEE's metrics in percent; empty without a report."""
    if report is None:
        return ""
    columns = [(model, way, found) for model, ways in report["models"].items() for way, found in ways.items()]
    head = [f"`{model}`, {way}" for model, way, _ in columns]
    rows = baseline_table(report)[1]
    ways = {way: f"*{way}*: {_WAYS[way]} (stories: {found['stories']}, sentences: {found['windows']})" for _, way, found in columns}
    said = "What a model must beat: F1 in percent by TextEE's metrics of two baselines, in brackets 95% intervals by drawing stories."
    return "\n\n".join(("### Baselines", f"{said} {'; '.join(ways.values())}.", table(("F1", *head), rows)))


def baseline_table(report: Mapping[str, Any]) -> Figures:
    """The table of baselines, from `baselines.json`: F1 in percent by model and by how it was trained."""
    columns = [(model, way, found) for model, ways in report["models"].items() for way, found in ways.items()]
    rows = [(title, *(_percent(found["scores"][name]) for _, _, found in columns)) for name, title in _TEXTEE.items()]
    return ("F1", *(f"{model}, {way}" for model, way, _ in columns)), rows


def _percent(one: Mapping[str, float | None]) -> str:
    interval = f" [{one['f1_low']:.1f}, {one['f1_high']:.1f}]" if one["f1_low"] is not None else ""
    return f"{one['f1']:.1f}{interval}"


def leaks(report: Mapping[str, Any] | None) -> str:
    """What the primary splits share, from `leaks.json`; empty without a report."""
    if report is None:
        return ""
    rules = report["rules"]
    said = (
        "What two splits share. The first four columns count pairs of documents; a build fails unless they are 0: word "
        f"{rules['words']}-grams that overlap by {rules['near_duplicate']} or more (of those of both, or of those of the smaller one), one "
        f"address, one paragraph of {rules['long_paragraph']} words or more. The rest is for information: shorter paragraphs in both, and "
        "the part of the second split's triggers and arguments whose words are a trigger or an argument of the first. `leaks.json` has "
        "the random splits, too."
    )
    return f"{said}\n\n{table(*leak_table(report))}"


def leak_table(report: Mapping[str, Any]) -> Figures:
    """The table of what the primary splits share, from `leaks.json`."""
    head = (
        "between",
        "near duplicates",
        "contained",
        "one address",
        "long paragraphs",
        "shorter paragraphs",
        "triggers seen",
        "arguments seen",
    )
    rows = [
        (
            f"{pair['one']}, {pair['other']}",
            *(pair[name] for name in ("near_duplicates", "contained", "shared_urls", "long_paragraphs", "short_paragraphs")),
            *(f"{pair[name]['seen']:.0%}" if pair[name]["other"] else "" for name in ("triggers", "arguments")),
        )
        for pair in report["between"]["split"]
    ]
    return head, rows


def _gammas(gamma: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for pair in gamma["pairs"]:
        who = f" ({' and '.join(pair['annotators'])})" if len(gamma["pairs"]) > 1 else ""
        for kind in (key for key in pair if key != "annotators"):
            yield f"{kind}{who}", _number(pair[kind]["mean"])


def _figure(estimate: Mapping[str, float | None]) -> str:
    interval = f" [{_number(estimate['low'])}, {_number(estimate['high'])}]" if estimate["low"] is not None else ""
    return f"{_number(estimate['value'])}{interval}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
