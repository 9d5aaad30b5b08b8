"""Releases made for the pages: one that tries to be taken for more than text, and one of any number of plain documents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from sketch import ONTOLOGY

from eventbank.corpus import Settings
from eventbank.document import Document, Rights, Zone, assemble, sha256
from eventbank.labelstudio import codec
from eventbank.layer import Argument, Event, Layer, Mention, numbered
from eventbank.release import folder
from eventbank.release.content import Release
from eventbank.release.rows import Labelled, argument_rows, document_row, event_row, mention_rows
from eventbank.schemas import label_names
from eventbank.splits import Placement
from eventbank.tables import ANNOTATIONS, ARGUMENTS, DOCUMENTS, EVENTS, MENTIONS

ROOT = Path(__file__).parent.parent
SCRIPT = "<script>document.title = 'owned'; fetch('/owned')</script>"
IMAGE = "<img src=x onerror=\"document.title='owned'\">"
OVERRIDE = "\u202egnp.exe\u202c"
TEXT = (
    f"The navy {SCRIPT} fired two missiles {IMAGE} on Monday, said {{{{ 7*7 }}}} & {{% raw %}}.\n\n"
    f"A file {OVERRIDE} rang \x07 and \u2066hid\u2069 and \u061cmore, </p></section></body></html> 'quoted' \"twice\"."
)
TITLE = f"</title>{SCRIPT}Title {OVERRIDE}\x1b[31m"
NAME = f'"><svg onload="document.title=1">{OVERRIDE}'


def layer(doc_id: str, text: str, annotator: str, *, more: bool = False) -> Layer:
    """An event whose trigger is a word of the text, with a mention before it that holds what comes between; `more` marks one span more."""
    given = ONTOLOGY.defaults()
    start = text.index("fired")
    mentions = [Mention("m", "entity", "MIL", 0, start - 1, text[: start - 1], "NAM")]
    if more:
        at = text.index("two missiles")
        mentions.append(Mention("w", "entity", "WEA", at, at + 12, "two missiles", "NOM"))
    arguments = (Argument("Actor", "mention", "m"), *((Argument("Weapon", "mention", "w"),) if more else ()))
    event = Event("e", "Weapon.Launch", start, start + 5, "fired", given, ONTOLOGY.realis(given), arguments)
    chains = tuple(frozenset({one.id}) for one in mentions)
    return Layer(doc_id, annotator, sha256(text.encode()), tuple(mentions), (event,), chains, (frozenset({"e"}),))


def write_release(
    to: Path, texts: Mapping[str, str], title: str | None = None, name: str = "Made", annotators: tuple[str, ...] = ()
) -> dict[str, Document]:
    """Writes a release of some texts, each of which says "fired" and "two missiles"; also gives its documents."""
    found, labels, nodes = {}, [], []
    for at, (doc_id, text) in enumerate(texts.items()):
        zones = (Zone(0, len(text), "body"),)
        made, alignment = assemble(text, zones)
        dated = dt.date(2024, 1, 1) + dt.timedelta(days=at)
        found[doc_id] = Document(
            doc_id, made, "en", zones, alignment, f"{doc_id}.txt", sha256(text.encode()), title and f"{title} {at}",
            dated=dated, dated_by="text", publisher=f"{name} Times" if at % 2 else None, author=name,
            rights=Rights(name, name, at % 2 == 1),
        )  # fmt: skip
        labels.append(Labelled.of(found[doc_id], numbered(layer(doc_id, made, "gold", more=at % 2 == 0))))
    for number, annotator in enumerate(annotators):
        tasks = [
            codec.encode(layer(doc_id, one.text, annotator, more=bool(number)), one.text, one.title, ONTOLOGY)
            for doc_id, one in found.items()
        ]
        for task in tasks:
            task["annotations"][0]["completed_by"]["email"] = f"{annotator}@annotators.invalid"
        nodes += codec.to_rows(tasks, f"pass-{number + 1}.json")
    rows = {
        EVENTS: [event_row(one) for one in labels],
        DOCUMENTS: [document_row(one, Placement(one.doc_id, one.doc_id, ("train",) * 6)) for one in found.values()],
        MENTIONS: [row for one in labels for row in mention_rows(one, ONTOLOGY)],
        ARGUMENTS: [row for one in labels for row in argument_rows(one)],
        ANNOTATIONS: nodes,
    }
    tables = {table: {"train": table.table(made)} for table, made in rows.items() if made}
    settings = Settings(name="made", title=name, repo="made/made", version="1.0.0", description=name, citation=name, limits=(name,))
    ontology = (ROOT / "schema" / "ontology.yaml").read_bytes()
    to.mkdir(parents=True)
    folder.write(Release(settings, label_names(ONTOLOGY), tables, "single pass", ontology=ontology), to)
    return found
