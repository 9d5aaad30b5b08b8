"""The card of a release: README.md, whose header tells `datasets` everything and whose prose is rendered from the data.

Sections are those of the Hub's template for data set cards, in its order. Nothing but the rows decides what is quoted: where the texts are
withheld, the spans of the example are null.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from eventbank.corpus import Settings
from eventbank.release import reports
from eventbank.release.content import AGREEMENT, BASELINES, LEAKS, Release
from eventbank.release.counts import BySplit, Counts, counts, example, rows_of, texts_present, used
from eventbank.release.datasheet import DATASHEET, questions
from eventbank.release.header import Config, configs, header
from eventbank.release.manifest import STANDOFF
from eventbank.release.markdown import joined, table
from eventbank.release.picture import PICTURE
from eventbank.tables import DOCUMENTS, SPLITS

LISTED = 100
"""Documents, or kinds of rights, that the card lists one by one."""
_YEAR = re.compile(r"\byear\s*=\s*[{\"]?\s*(\d{4})")


def card(release: Release, folder: Path) -> bytes:
    """README.md of a release whose tables lie in `folder`."""
    found = configs(release, folder)
    template = Template(files("eventbank.release").joinpath("card.md").read_text(encoding="utf-8"))
    prose = {**_of_settings(release.settings), **_of_rows(release, found), **_answers(release)}
    return f"{header(release, found)}\n{joined(template.substitute(prose).split(chr(10) * 2))}\n".encode()


def _of_settings(settings: Settings) -> dict[str, str]:
    return {
        "title": settings.title,
        "description": settings.description.strip(),
        "version": settings.version,
        "repo": settings.repo,
        "details": "\n".join(_details(settings)),
        "kept": "body paragraphs, cross-headings and captions" if settings.keep_captions else "body paragraphs and cross-headings",
        "label_note": settings.label_note,
        "label_license": settings.label_license or "not stated",
        "validation_from": str(settings.splits.validation_from or "no date yet"),
        "test_from": str(settings.splits.test_from or "no date yet"),
        "limits": "\n".join(f"- {limit}" for limit in settings.limits),
        "citation": _citation(settings),
    }


def _of_rows(release: Release, found: Sequence[Config]) -> dict[str, str]:
    documents = rows_of(release, DOCUMENTS, ("doc_id", "split", "dated", "publisher", "agency", "rights"))
    labels = counts(release)
    return {
        "digest": release.digest,
        "withheld": _withheld(release),
        "configs": _configs(found),
        "absent": f"Without rows and therefore left out: {', '.join(release.absent)}." if release.absent else "",
        "agreement": reports.agreement(release.reports.get(AGREEMENT)),
        "baselines": reports.baselines(release.reports.get(BASELINES)),
        "gold": f"Gold layer: {release.gold}.",
        "example": _example(release),
        **_labels(labels, release.names),
        "random_splits": str(sum(name.startswith("split_") for name in DOCUMENTS.schema.names)),
        "splits": _splits(documents),
        "leaks": reports.leaks(release.reports.get(LEAKS)),
        "left_out": _left_out(release.left_out),
        "rights": _rights(documents),
        "publish": _publish(documents, texts_present(release)) if documents else "",
        "sources": f"- **Repository:** <https://huggingface.co/datasets/{release.settings.repo}>",
        "more": _more(release),
    }


def _answers(release: Release) -> dict[str, str]:
    """The answers of the datasheet that are sections of the card, too; a question that nobody answered leaves its section out."""
    return {f"answer_{question.key}": release.answers.get(question.key, "") for question in questions()}


def _details(settings: Settings) -> Iterator[str]:
    if settings.maintainers:
        yield f"- **Curated by:** {', '.join(settings.maintainers)}"
    yield f"- **Language:** {settings.language}"
    yield f"- **License:** {settings.license}; the labels: {settings.label_license or 'not stated'}; the texts: see Rights"


def _more(release: Release) -> str:
    if not release.answers:
        return ""
    return (
        f"[{DATASHEET}]({DATASHEET}) answers the questions of a datasheet. Paths such as `articles/` and `annotations/` are those of the "
        "repository in which the corpus is kept."
    )


def _configs(found: Sequence[Config]) -> str:
    rows = [(f"`{c.table.name}`", c.table.row, *(c.parts[s].num_rows if s in c.parts else 0 for s in SPLITS)) for c in found]
    return table(("config", "a row is", *SPLITS), rows)


def _example(release: Release) -> str:
    """One event with its arguments as JSON."""
    found = example(release)
    if found is None:
        return ""
    doc_id, event = found.pop("doc_id"), found
    said = f"An event of document `{doc_id}` as it stands in `events`:"
    if event["trigger"]["text"] is None:
        said = f"An event of document `{doc_id}` as it stands in `events`; the words are null, because the text is withheld:"
    lines = [f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in event.items() if key != "arguments"]
    arguments = ",\n".join(f"  {json.dumps(one, ensure_ascii=False)}" for one in event["arguments"])
    lines.append(f' "arguments": [\n{arguments}\n ]' if arguments else ' "arguments": []')
    return f"{said}\n\n```json\n{{\n{f',{chr(10)}'.join(lines)}\n}}\n```"


def _labels(found: Counts, names: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The picture and the tables of labels."""
    types = used(found.event_types, names["event_types"])
    mentions = {split: found.entity_types[split] + found.value_types[split] for split in SPLITS}
    kinds = used(mentions, (*names["entity_types"], *names["value_types"]))
    entities = [
        (*row, sum(found.entities[split][name] for split in SPLITS) or "") for name, row in zip(kinds, _rows(mentions, kinds), strict=True)
    ]
    events, whole = sum(_sums(found.event_types)), sum(found.entities[split].total() for split in SPLITS)
    return {
        "picture": f"![{events} events of {len(types)} types by split; the numbers stand in the table below]({PICTURE})" if types else "",
        "events": _counted("event type", found.event_types, types),
        "entities": table(("entity or value type (mentions)", *SPLITS, "entities"), [*entities, ("all", *_sums(mentions), whole)])
        if entities
        else "",
        "roles": _counted("role", found.roles, names["roles"]),
    }


def _counted(what: str, count: BySplit, names: Sequence[str]) -> str:
    rows = _rows(count, names)
    return table((what, *SPLITS), [*rows, ("all", *_sums(count))]) if rows else ""


def _rows(count: BySplit, names: Sequence[str]) -> list[tuple[object, ...]]:
    return [(name, *(count[split][name] for split in SPLITS)) for name in used(count, names)]


def _sums(count: BySplit) -> list[int]:
    return [count[split].total() for split in SPLITS]


def _left_out(count: Mapping[str, int]) -> str:
    if not count:
        return ""
    said = "What a single sentence cannot hold is left out of `sentences` only, and a span that ends inside a token takes all of it there:"
    return f"{said}\n\n{table(('what', 'number'), sorted(count.items()))}"


def _withheld(release: Release) -> str:
    """What a stand-off release lacks, and how to get it; nothing for a full one."""
    if STANDOFF not in release.more:
        return ""
    full, documents = release.more[STANDOFF], sum(release.rows["documents"].values())
    return (
        f"**The texts of {len(full['withheld'])} of {documents} documents are not in it**: their rights do not allow them to be passed on. "
        "Labels are offsets; what stands beside its own offsets is null, and any other string of a page is given as places in the text "
        "(`@text:[[start,length]]`) or on the raw page (`@page:`). Whoever holds the articles puts the texts back with "
        "`eventbank hydrate RELEASE --articles DIR --out DIR`, which verifies every article and gives the full release, content digest "
        f"`{full['digest']}`."
    )


def _splits(documents: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for split in SPLITS:
        dates = [row["dated"] for row in documents if row["split"] == split]
        rows.append((split, len(dates), min(dates, default=""), max(dates, default="")))
    return table(("split", "documents", "from", "to"), rows)


def _rights(documents: Sequence[Mapping[str, Any]]) -> str:
    """The rights of each document, and of more than `LISTED` the documents with the same rights in one row."""
    head = ("publisher", "agency", "holder", "statement", "may be passed on")
    if len(documents) <= LISTED:
        rows = [(f"`{row['doc_id']}`", *_rights_of(row)) for row in sorted(documents, key=lambda row: str(row["doc_id"]))]
        return table(("document", *head), rows)
    alike = Counter(_rights_of(row) for row in documents)
    most = sorted(alike.items(), key=lambda pair: (-pair[1], pair[0]))
    rest = len(most) - LISTED
    more = f"\n\nAnd {rest} more, with {sum(count for _, count in most[LISTED:])} documents." if rest > 0 else ""
    return table(("documents", *head), [(count, *rights) for rights, count in most[:LISTED]]) + more


def _rights_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    rights = row["rights"]
    said = (row["publisher"] or "", row["agency"] or "", rights["holder"] or "", rights["statement"] or "none on the page")
    return *said, "yes" if rights["redistribute"] else "no"


def _publish(documents: Sequence[Mapping[str, Any]], present: int) -> str:
    """Which of the two kinds of release may be given to whom."""
    free = sum(bool(row["rights"]["redistribute"]) for row in documents)
    said = f"This release holds the text of {present} of {len(documents)} documents; the rights of {free} allow the text to be passed on."
    if free == len(documents):
        return f"{said} It may be published as it is."
    if present > free:
        return f"{said} **Keep it where you may read the texts.** To publish, make a stand-off release without them: `eventbank standoff`."
    return f"{said} It may be published: whoever holds the articles puts the texts back with `eventbank hydrate`."


def _citation(settings: Settings) -> str:
    """How to cite: the BibTeX entry of the corpus, and a line in the manner of the APA that is made from the settings."""
    if not settings.citation.strip():
        return ""
    year = _YEAR.search(settings.citation)
    who = ", ".join(settings.maintainers) or settings.title
    line = f"{who} ({year[1] if year else 'n.d.'}). *{settings.title}* (version {settings.version}) [Data set]."
    return (
        f"**BibTeX:**\n\n```bibtex\n{settings.citation.strip()}\n```\n\n**APA:**\n\n{line} https://huggingface.co/datasets/{settings.repo}"
    )
