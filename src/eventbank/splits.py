"""Splits: the story is the atom, time decides, and what was decided once never changes.

Primary split: by the date of a story's first document against the corpus's cut dates, with an embargo before each cut. Secondary splits:
five random ones by story, as TextEE has. `schema/splits.csv` freezes both with the story ids; it only grows.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eventbank.corpus import SplitSettings, Thresholds
from eventbank.document import Document, sha256
from eventbank.errors import Code, EventBankError, Place, Problem
from eventbank.nearduplicates import Pair
from eventbank.tables import HELD, SPLITS

NO_CUTS = Code("E501", "the corpus has no cut dates", "Give validation_from and test_from under [splits] in eventbank.toml.")
BAD_FILE = Code(
    "E502", "schema/splits.csv cannot be used", "Restore the committed file; rows are added by eventbank build and never edited."
)
TWO_SPLITS = Code("E503", "one story is in two splits", "Restore schema/splits.csv: all documents of a story are in one split, or held.")
LEAK = Code("E504", "near duplicates stand in two splits", "Take one of the documents out of the corpus, or set both rows to one split.")
BRIDGE = Code(
    "W501", "a new document is held out of a split", "Nothing to do: it joins two splits or lies in the embargo, so it is in none."
)

SECONDARY = 5
SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
"""What part of the documents each random split aims at (as TextEE's)."""

FIELDS = ("doc_id", "story_id", "split", *(f"split_{n}" for n in range(1, SECONDARY + 1)))
FILE = "schema/splits.csv"


@dataclass(frozen=True)
class Placement:
    """Where a document stands: `splits[0]` is the primary split, the rest are the secondary ones."""

    doc_id: str
    story_id: str
    splits: tuple[str, ...]


def read_frozen(path: Path) -> dict[str, Placement]:
    """The frozen rows by document id; no file is no rows.

    Raises:
        EventBankError: E502 for what is no CSV in UTF-8, another header, a repeated id or an unknown split.
    """
    if not path.exists():
        return {}
    data = path.read_bytes()
    frozen: dict[str, Placement] = {}
    line = 1
    try:
        reader = csv.reader(io.StringIO(data.decode("utf-8"), newline=""))
        if tuple(next(reader, ())) != FIELDS:
            raise EventBankError(BAD_FILE.at(Place(file=FILE, line=line), f"expected the header {','.join(FIELDS)}"))
        for row in reader:
            line = reader.line_num
            if len(row) != len(FIELDS) or not all(row) or row[0] in frozen or any(split not in (*SPLITS, HELD) for split in row[2:]):
                found = "a field is missing, a split unknown or the document named twice"
                raise EventBankError(BAD_FILE.at(Place(file=FILE, line=line), found))
            frozen[row[0]] = Placement(row[0], row[1], tuple(row[2:]))
    except UnicodeDecodeError as error:
        place = Place(file=FILE, line=data.count(b"\n", 0, error.start) + 1)
        raise EventBankError(BAD_FILE.at(place, f"byte {error.start} is not UTF-8")) from None
    except csv.Error as error:
        raise EventBankError(BAD_FILE.at(Place(file=FILE, line=line + 1), str(error))) from None
    return frozen


def to_csv(placements: Mapping[str, Placement]) -> bytes:
    """The content of `schema/splits.csv`, sorted by document id."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    writer.writerows((place.doc_id, place.story_id, *place.splits) for _, place in sorted(placements.items()))
    return text.getvalue().encode("utf-8")


def assign(
    documents: Sequence[Document], clusters: Iterable[frozenset[str]], frozen: Mapping[str, Placement], settings: SplitSettings
) -> dict[str, Placement]:
    """The rows of all documents ever seen: the frozen ones as they are, and one for each new document.

    A new document takes the split of its story where that has one. A new story takes the split of its first document's date, and in each
    secondary split the place that `_emptiest` gives it, in an order drawn by a hash. A document that joins two splits, or whose story
    lies in the embargo, is held.

    Raises:
        EventBankError: E501 if there is a new document and no cut date; the remedy proposes dates.
    """
    dates = {document.doc_id: document.dated for document in documents if document.dated is not None}
    fresh = {min(cluster): cluster for cluster in clusters if not cluster <= frozen.keys()}
    if fresh and (settings.validation_from is None or settings.test_from is None):
        raise EventBankError(NO_CUTS.at(Place(file="eventbank.toml"), remedy=_proposal(sorted(dates.values()))))
    splits: dict[str, list[str]] = {first: [] for first in fresh}
    for at in range(1 + SECONDARY):
        count = Counter(placement.splits[at] for placement in frozen.values())
        for first in sorted(fresh, key=lambda first: sha256(f"{at}:{first}".encode())):
            taken = {frozen[doc_id].splits[at] for doc_id in fresh[first] if doc_id in frozen}
            if taken:
                split = (taken - {HELD}).pop() if len(taken - {HELD}) == 1 else HELD
            elif at == 0:
                split = _by_date(min(dates[doc_id] for doc_id in fresh[first]), settings)
            else:
                split = _emptiest(count, f"{at}:{first}")
            splits[first].append(split)
            count[split] += len(fresh[first] - frozen.keys())
    placements = dict(frozen)
    for first, cluster in fresh.items():
        story_id = min((frozen[doc_id].story_id for doc_id in cluster if doc_id in frozen), default=first)
        new = cluster - frozen.keys()
        placements |= {doc_id: Placement(doc_id, story_id, tuple(splits[first])) for doc_id in new}
    return placements


def held(placements: Mapping[str, Placement], frozen: Mapping[str, Placement]) -> Iterator[Problem]:
    """W501 for each new document that is in no primary split."""
    for doc_id in sorted(placements.keys() - frozen.keys()):
        if placements[doc_id].splits[0] == HELD:
            yield BRIDGE.at(Place(file=FILE, doc_id=doc_id))


def leaks(placements: Mapping[str, Placement], found: Iterable[Pair], thresholds: Thresholds) -> Iterator[Problem]:
    """E503 for each story, and E504 for each near duplicate, that stands in two splits, primary or secondary; held ones are in none."""
    for at in range(1 + SECONDARY):
        name = FIELDS[2 + at]
        of_story: dict[str, tuple[str, str]] = {}
        for doc_id, place in sorted(placements.items()):
            split = place.splits[at]
            first, known = of_story.setdefault(place.story_id, (doc_id, split)) if split != HELD else (doc_id, split)
            if known != split:
                yield TWO_SPLITS.at(Place(file=FILE, doc_id=doc_id), f"{name}: {first} is in {known}, {doc_id} in {split}")
        for pair in found:
            one, other = placements[pair.one].splits[at], placements[pair.other].splits[at]
            if pair.joins(thresholds) and one != other and HELD not in (one, other):
                measure = f"Jaccard {pair.jaccard:.2f}, containment {pair.containment:.2f}, {pair.paragraphs} long paragraphs"
                measure += ", one URL" if pair.same_url else ""
                yield LEAK.at(Place(file=FILE, doc_id=pair.one), f"{name}: {one}, with {pair.other} in {other} ({measure})")


def _by_date(date: dt.date, settings: SplitSettings) -> str:
    assert settings.validation_from is not None
    assert settings.test_from is not None
    for split, after in (("test", settings.test_from), ("validation", settings.validation_from)):
        if date >= after:
            return split
        if (after - date).days <= settings.embargo_days:
            return HELD
    return "train"


def _emptiest(count: Mapping[str, int], salt: str) -> str:
    """The split that lacks most documents, measured in its own share, so that the first three stories fill all three splits."""
    total = sum(count.get(split, 0) for split in SPLITS) + 1
    return max(SPLITS, key=lambda split: (total - count.get(split, 0) / SHARES[split], sha256(f"{salt}:{split}".encode())))


def _proposal(dates: Sequence[dt.date]) -> str:
    """The remedy for missing cut dates: two days that leave no split empty and come near the shares of the random splits."""
    days = sorted(set(dates))
    if len(days) < len(SPLITS):
        return ""
    first = min(max(dates[int(len(dates) * SHARES["train"])], days[1]), days[-2])
    last = next(day for day in days if day > first and day >= dates[int(len(dates) * (1 - SHARES["test"]))])
    share = sum(date < first for date in dates) / len(dates)
    return f"{NO_CUTS.remedy} With the dates of these documents, {first} and {last} would leave {share:.0%} of them for training."
