"""Events of a release in the shape of POLECAT records: tab-separated, one line an event, under POLECAT's forty column names.

POLECAT (Halterman, Bagozzi, Beger, Schrodt and Scarborough 2023) publishes events in PLOVER's categories in weekly files; whoever has code
for those can read this. What a release does not know stays empty: countries, sectors, contexts, coordinates. `docs/statistics.md` lists the
columns that are filled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from eventbank.crosswalk import Codes
from eventbank.layer import Event, Layer, Mention
from eventbank.released import Released, stated_day

FILE = "events.txt"
"""The file of an export. POLECAT's own are tab-separated and end so, too."""

COLUMNS = (
    "Event ID",
    "Event Date",
    "Event Type",
    "Event Mode",
    "Intensity",
    "Quad Code",
    "Contexts",
    "Actor Name",
    "Actor Country",
    "Actor COW",
    "Primary Actor Sector",
    "Actor Sectors",
    "Actor Title",
    "Actor Name Raw",
    "Wikipedia Actor ID",
    "Recipient Name",
    "Recipient Country",
    "Recipient COW",
    "Primary Recipient Sector",
    "Recipient Sectors",
    "Recipient Title",
    "Recipient Name Raw",
    "Wikipedia Recipient ID",
    "Placename",
    "City",
    "District",
    "Province",
    "Country",
    "Latitude",
    "Longitude",
    "GeoNames ID",
    "Raw Placename",
    "Feature Type",
    "Source",
    "Publication Date",
    "Story People",
    "Story Organizations",
    "Story Locations",
    "Language",
    "Version",
)
"""The columns of POLECAT's files in their order."""

ACTORS = ("Actor", "Attacker", "Speaker", "Giver", "Visitor", "Participant", "Party")
RECIPIENTS = ("Target", "Victim", "Recipient", "Addressee", "Person", "Host", "Beneficiary", "Adversary")
"""The roles that are PLOVER's actor and recipient. Of the recipients the first role that is filled counts; partners are all actors."""

STORY = {"Story People": ("PER",), "Story Organizations": ("ORG", "MIL"), "Story Locations": ("GPE", "LOC", "FAC")}

_QUADS = {
    "VERBAL COOPERATION": {"AGREE": 2.5, "CONSULT": 2.5, "SUPPORT": 5.0, "CONCEDE": 4.5},
    "MATERIAL COOPERATION": {"COOPERATE": 9.5, "AID": 10.0, "RETREAT": 6.5},
    "VERBAL CONFLICT": {"REQUEST": 0.0, "ACCUSE": -3.0, "REJECT": -2.0, "THREATEN": -3.5},
    "MATERIAL CONFLICT": {"PROTEST": -5.0, "SANCTION": -6.0, "MOBILIZE": -5.5, "COERCE": -7.0, "ASSAULT": -9.0},
}
QUADS: Mapping[str, tuple[str, float]] = {name: (quad, score) for quad, group in _QUADS.items() for name, score in group.items()}
"""Quad class and score of every category by the PLOVER manual, whose table prints +3 for ACCUSE and -2 to -3.5 for its modes: a slip."""


@dataclass(frozen=True)
class Dumped:
    """The file, and how many events it cannot hold, by event type: those without a PLOVER category."""

    data: bytes
    left_out: Mapping[str, int]


def dump(found: Released, codes: Mapping[str, Codes]) -> Dumped:
    """The events of a release, in the order of its documents.

    Args:
        codes: the codes of every event by `event_id`, as `released.codes` reads them.

    Returns:
        UTF-8 with a header line, LF, tabs between cells and none in them; several names in a cell are joined by semicolons.
    """
    left_out: Counter[str] = Counter()
    rows = [row for doc_id, layer in found.layers.items() for row in _rows(found, doc_id, layer, codes, left_out)]
    lines = ["\t".join(COLUMNS), *("\t".join(_clean(row.get(name, "")) for name in COLUMNS) for row in rows)]
    return Dumped("".join(f"{line}\n" for line in lines).encode("utf-8"), dict(sorted(left_out.items())))


def _rows(found: Released, doc_id: str, layer: Layer, codes: Mapping[str, Codes], left_out: Counter[str]) -> Iterator[dict[str, str]]:
    document = found.facts.get(doc_id, {})
    spans = {span.id: span for span in layer.spans()}
    names = _names(layer)
    story = {
        column: ";".join(sorted({names[one.id] for one in layer.mentions if one.type in types and one.level == "NAM"}))
        for column, types in STORY.items()
    }
    about = {
        "Source": str(document.get("publisher") or ""),
        "Publication Date": str(document.get("published") or document.get("dated") or ""),
        "Language": str(document.get("language") or ""),
        "Version": f"{found.name} {found.version}".strip(),
    }
    for event in layer.events:
        code = codes.get(event.id, Codes())
        if code.plover is None:
            left_out[event.type] += 1
            continue
        quad, score = QUADS[code.plover]
        actors = _fillers(event, ACTORS, spans)
        recipients = next((group for role in RECIPIENTS if (group := _fillers(event, (role,), spans))), [])
        yield (
            about
            | story
            | {
                "Event ID": event.id,
                "Event Date": stated_day(event, layer) or str(document.get("dated") or ""),
                "Event Type": code.plover,
                "Event Mode": code.mode or "",
                "Intensity": f"{score:.1f}",
                "Quad Code": quad,
                "Actor Name": ";".join(names[one.id] for one in actors),
                "Actor Name Raw": ";".join(one.text for one in actors),
                "Recipient Name": ";".join(names[one.id] for one in recipients),
                "Recipient Name Raw": ";".join(one.text for one in recipients),
                "Raw Placename": ";".join(one.text for one in _fillers(event, ("Place",), spans)),
            }
        )


def _fillers(event: Event, roles: Iterable[str], spans: Mapping[str, Mention | Event]) -> list[Mention]:
    found = (spans[argument.ref] for role in roles for argument in event.arguments if argument.role == role)
    return [span for span in found if isinstance(span, Mention)]


def _names(layer: Layer) -> dict[str, str]:
    """What every mention's entity is called: the words of its longest name, or of the mention where it has none."""
    mentions = {mention.id: mention for mention in layer.mentions}
    names = {mention.id: mention.text for mention in layer.mentions}
    for chain in layer.entities:
        called = sorted((mentions[id_] for id_ in chain if mentions[id_].level == "NAM"), key=lambda one: (-len(one.text), one.start))
        names |= {id_: called[0].text for id_ in chain if called}
    return names


def _clean(cell: str) -> str:
    """A cell without tabs and line ends."""
    return " ".join(cell.split())
