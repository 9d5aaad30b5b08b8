"""What the prose about a corpus may say in numbers: facts by name, counted from a release, for the answers of a datasheet."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from eventbank.release.content import AGREEMENT, Release
from eventbank.release.counts import counts, rows_of, total, used
from eventbank.tables import ANNOTATIONS, DOCUMENTS, SENTENCES, SPLITS

STATED = ("published", "publisher", "agency", "author", "url")
"""What a page may say of itself; `with_…` counts the documents whose page does."""

_SCORES = (
    ("entity_cls", "entity mentions with their type"),
    ("trigger_cls", "triggers with their event type"),
    ("argument_attached_cls", "arguments with their role"),
)


def facts(release: Release, decisions: int = 0) -> dict[str, str]:
    """Every fact as text; whole sentences where the words depend on the number.

    Args:
        release: the full release; the texts are counted, so that one without them will not do.
        decisions: how many differences between passes were decided; a release does not hold them.
    """
    return {**_of_settings(release), **_of_documents(release), **_of_labels(release), **_of_passes(release, decisions)}


def _of_settings(release: Release) -> dict[str, str]:
    settings = release.settings
    return {
        "title": settings.title,
        "repo": settings.repo,
        "version": settings.version,
        "language": settings.language,
        "license": settings.license,
        "label_license": settings.label_license or "a licence that is not stated",
        "label_note": settings.label_note or "Who made the labels is not stated.",
        "maintainers": ", ".join(settings.maintainers) or "nobody named yet",
        "limits": " ".join(settings.limits) or "None have been stated.",
        "tool_version": version("eventbank"),
        "near_duplicate": str(settings.thresholds.near_duplicate),
        "paragraph_words": str(settings.thresholds.paragraph_words),
        "validation_from": str(settings.splits.validation_from or "a date not chosen yet"),
        "test_from": str(settings.splits.test_from or "a date not chosen yet"),
    }


def _of_documents(release: Release) -> dict[str, str]:
    rows = rows_of(release, DOCUMENTS, ("dated", "dated_by", "story_id", "rights", *STATED))
    dates = [row["dated"] for row in rows]
    known = Counter(row["dated_by"] for row in rows)
    parts = release.tables.get(DOCUMENTS, {}).values()
    words = sum(
        len((text or "").split()) for part in parts for batch in part.select(["text"]).to_batches() for text in batch[0].to_pylist()
    )
    return {
        "documents": _number(len(rows)),
        "words": _number(words),
        "stories": _number(len({row["story_id"] for row in rows})),
        "held": _number(len(release.held)),
        "splits": ", ".join(f"{split} {_number(release.rows[DOCUMENTS.name][split])}" for split in SPLITS),
        "random_splits": str(sum(name.startswith("split_") for name in DOCUMENTS.schema.names)),
        "first_dated": str(min(dates, default="no date yet")),
        "last_dated": str(max(dates, default="no date yet")),
        **{f"dated_{how}": _number(known[how]) for how in ("published", "text", "curator")},
        **{f"with_{name}": _number(sum(row[name] is not None for row in rows)) for name in STATED},
        "with_rights": _number(sum(row["rights"]["statement"] is not None for row in rows)),
        "redistributable": _number(sum(row["rights"]["redistribute"] is True for row in rows)),
    }


def _of_labels(release: Release) -> dict[str, str]:
    found, names = counts(release), release.names
    arguments = sum(total_of for total_of in release.rows["arguments"].values())
    return {
        "sentences": _number(sum(release.rows[SENTENCES.name].values())),
        "entity_mentions": _number(total(found.entity_types)),
        "entities": _number(total(found.entities)),
        "values": _number(total(found.value_types)),
        "events": _number(total(found.event_types)),
        "events_by_split": ", ".join(f"{split} {_number(found.event_types[split].total())}" for split in SPLITS),
        "happenings": _number(total(found.happenings)),
        "arguments": _number(arguments),
        "nodes": _number(sum(release.rows[ANNOTATIONS.name].values())),
        "event_types": str(len(names["event_types"])),
        "event_types_used": str(len(used(found.event_types, names["event_types"]))),
        "entity_types": str(len(names["entity_types"])),
        "roles": str(len(names["roles"])),
        "roles_used": str(len(used(found.roles, names["roles"]))),
        "left_out": ", ".join(f"{what} {_number(number)}" for what, number in sorted(release.left_out.items())) or "nothing",
        "gold": release.gold,
    }


def _of_passes(release: Release, decisions: int) -> dict[str, str]:
    nodes = rows_of(release, ANNOTATIONS, ("doc_id", "annotator", "layer", "node"))
    passes: defaultdict[str, set[str]] = defaultdict(set)
    for row in nodes:
        if row["layer"] == "pass" and row["node"] == "annotation" and row["doc_id"] is not None:
            passes[row["doc_id"]].add(row["annotator"] or "")
    many = sorted({len(found) for found in passes.values()}) or [0]
    decided = f"The differences between the passes were adjudicated: {_number(decisions)} decisions, each with its reason."
    return {
        "passes": str(many[0]) if len(many) == 1 else f"{many[0]} to {many[-1]}",
        "annotators": str(len(set().union(*passes.values()))),
        "adjudication": decided if decisions else "Nothing has been adjudicated.",
        "agreement": _agreement(release.reports.get(AGREEMENT)),
    }


def _agreement(report: Mapping[str, Any] | None) -> str:
    """The agreement between passes in a sentence."""
    if report is None:
        return "Agreement has not been measured."
    scores: Mapping[str, Any] = report["overall"]["scores"]
    said = [f"{_share(scores[name]['exact']['f1']['value'])} for {what}" for name, what in _SCORES]
    return f"Before adjudication the passes agree with an F1 on exact spans of {_listed(said)}."


def _share(value: float | None) -> str:
    return "nothing to compare" if value is None else f"{value:.3f}"


def _listed(parts: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)


def _number(value: int) -> str:
    return f"{value:,}"
