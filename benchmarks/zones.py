"""The numbers of the zones' rules: measured, chosen by program, and cross-validated over sites.

usage: python benchmarks/zones.py measure PAGES.jsonl…
       python benchmarks/zones.py choose PAGES.jsonl MORE.jsonl…       the numbers that fit all pages, beside those of the modules
       python benchmarks/zones.py validate PAGES.jsonl MORE.jsonl…     10 folds over the sites of PAGES, four times; MORE always trains

Lines hold `renderer`, `url` or `site`, `text` (a page as plain text), `body` (what should be kept) and, where it is not 1, `weight`. The
measure is precision and recall of word 4-grams, averaged over pages, and their harmonic mean. The pages belong to others and are not in the
repository; `zones_pages.py` makes such files from HTML, `docs/zones.md` says what they were made from.

The search begins six times: at numbers that know nothing (every mark weighs alike, every rule that a number turns off is off), and at five
drawn from the grid (seed 0). It goes through the numbers in turn, thrice, and takes for each the value that fits the training pages best
together with its neighbours on the grid, if that gains enough. Of the six ends it takes the one that fits best together with its own.
The foldings are seeded 0 to 3.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from eventbank.articles import marks, stretch, zones
from eventbank.document import assemble

FOLDS, FOLDINGS, STARTS, SWEEPS, GAIN = 10, 4, 5, 3, 0.0004
OFF = 10**9
WEIGHTS = ("MENU", "ROW", "WHOLE")
"""The numbers of `marks`; the others are those of `stretch`."""

GROUPS = {
    "WALL": ("comments", "published", "byline", "copyright", "imprint"),
    "STOP": ("list", "credit", "navigation", "repeated"),
    "ASIDE": ("related", "caption", "advertisement"),
}
"""The marks that weigh alike: what never stands in an article, what seldom does, and what often does."""

WALLS = (-10, -25, -40, -60, -100, -150, -200, -300)
GRID: dict[str, tuple[float, ...]] = {
    "WALL": WALLS,
    "STOP": WALLS,
    "ASIDE": WALLS,
    "BUTTON": WALLS,
    "MENU": (-10, -15, -20, -25, -30, -40),
    "ROW": (-20, -10, 0, 5, 10, 20, 40),
    "WHOLE": (100, 120, 150, 200, 300),
    "ENOUGH": (0, 100, 200, 300, 500, 1000, OFF),
    "TAIL": (0, 8, 12, 16, 20, 30),
    "BIO": (0, 2, 4, 6),
}
START: dict[str, float] = {
    "WALL": -100, "STOP": -100, "ASIDE": -100, "BUTTON": -100, "MENU": -20, "ROW": -20, "WHOLE": 150, "ENOUGH": OFF, "TAIL": 0,
    "BIO": 0,
}  # fmt: skip
"""The values that are tried, and the first ones."""


@dataclass(frozen=True)
class Page:
    """A page, its site, its body as word 4-grams, and how much it counts in training."""

    text: str
    site: str
    grams: Counter[tuple[str, ...]]
    weight: float
    units: Sequence[str]
    marked: Sequence[str]


def grams(text: str) -> Counter[tuple[str, ...]]:
    """The word 4-grams of a text; of fewer than four words, all together."""
    words = re.findall(r"\w+", text.lower())
    return Counter(zip(*(words[at:] for at in range(4)), strict=False)) if len(words) > 3 else Counter([tuple(words)] if words else [])


def read(path: str) -> list[Page]:
    """The pages of a file."""
    found = []
    with Path(path).open(encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            text = zones._unified(record["text"])
            units = zones._unwrapped(zones._lines(text), text).texts
            marked, weights = marks.said(units)
            zones._mark_repeated(units, marked, weights)
            site = record.get("site") or urlsplit(record["url"]).netloc.removeprefix("www.")
            found.append(Page(record["text"], site, grams(record["body"]), record.get("weight", 1), units, marked))
    return found


def current() -> dict[str, float]:
    """The numbers as the modules hold them."""
    groups = {name: marks.AGAINST[kinds[0]] for name, kinds in GROUPS.items()}
    return {name: groups[name] if name in groups else getattr(marks if name in WEIGHTS else stretch, name) for name in GRID}


def settle(numbers: Mapping[str, float]) -> None:
    """Puts the numbers into the modules."""
    for name, value in numbers.items():
        if name in GROUPS:
            marks.AGAINST.update(dict.fromkeys(GROUPS[name], int(value)))
        else:
            setattr(marks if name in WEIGHTS else stretch, name, value)
    marks._known.cache_clear()


class Scores:
    """Precision and recall of pages under numbers, remembered: few of the numbers change a page."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self.pages = pages
        self._kept: dict[tuple[int, int, int], tuple[float, float]] = {}
        self._seen: dict[tuple[float, ...], list[tuple[float, float]]] = {}
        self._plain: dict[tuple[float, ...], list[list[int]]] = {}

    def of(self, numbers: Mapping[str, float]) -> list[tuple[float, float]]:
        """Precision and recall of every page."""
        key = tuple(numbers[name] for name in GRID)
        if key not in self._seen:
            settle(numbers)
            plain = self._weights(numbers)
            self._seen[key] = [self._page(at, page, weights) for at, (page, weights) in enumerate(zip(self.pages, plain, strict=True))]
        return self._seen[key]

    def _weights(self, numbers: Mapping[str, float]) -> list[list[int]]:
        """The weights of the units without a mark."""
        key = tuple(numbers[name] for name in WEIGHTS)
        if key not in self._plain:
            self._plain[key] = [
                [0 if mark else marks._weight(unit) for unit, mark in zip(page.units, page.marked, strict=True)] for page in self.pages
            ]
        return self._plain[key]

    def _page(self, at: int, page: Page, plain: Sequence[int]) -> tuple[float, float]:
        weights = [marks.AGAINST[mark] if mark else weight for mark, weight in zip(page.marked, plain, strict=True)]
        key = (at, *stretch.stretch(page.units, page.marked, weights))
        if key not in self._kept:
            self._kept[key] = score(page)
        return self._kept[key]


def score(page: Page) -> tuple[float, float]:
    """Precision and recall of what the zones keep of a page."""
    kept = grams(assemble(page.text, zones.zones(page.text))[0])
    hits = (kept & page.grams).total()
    return (hits / kept.total() if kept else float(not page.grams)), (hits / page.grams.total() if page.grams else float(not kept))


def mean(scores: Iterable[tuple[float, float]], weights: Iterable[float]) -> tuple[float, float, float]:
    """Precision, recall and F1 of several pages."""
    rows = [(precision * weight, recall * weight, weight) for (precision, recall), weight in zip(scores, weights, strict=True)]
    precision, recall = (sum(row[at] for row in rows) / sum(row[2] for row in rows) for at in (0, 1))
    return precision, recall, 2 * precision * recall / (precision + recall)


def choose(scores: Scores, training: Sequence[int]) -> dict[str, float]:
    """The numbers that fit the pages of these indices: coordinate search from START."""
    weights = [scores.pages[at].weight for at in training]

    def fit(numbers: Mapping[str, float]) -> float:
        every = scores.of(numbers)
        return mean([every[at] for at in training], weights)[2]

    rng = random.Random(0)
    starts = [dict(START)] + [{name: rng.choice(values) for name, values in GRID.items()} for _ in range(STARTS)]
    return max((climbed(numbers, fit) for numbers in starts), key=lambda numbers: around(numbers, fit))


def around(numbers: Mapping[str, float], fit: Callable[[Mapping[str, float]], float]) -> float:
    """How well numbers fit, and those a step of one grid beside them, on average: a peak that a step leaves is chance."""
    fits = [fit(numbers)]
    for name, values in GRID.items():
        at = values.index(numbers[name])
        fits += [fit({**numbers, name: value}) for value in (*values[max(0, at - 1) : at], *values[at + 1 : at + 2])]
    return sum(fits) / len(fits)


def climbed(numbers: dict[str, float], fit: Callable[[Mapping[str, float]], float]) -> dict[str, float]:
    """The numbers after going through them in turn until none changes, thrice at most."""
    for _ in range(SWEEPS):
        before = dict(numbers)
        for name, values in GRID.items():
            numbers[name] = best_of(values, lambda value, name=name: fit(numbers | {name: value}), numbers[name])
        if numbers == before:
            break
    return numbers


def best_of(values: Sequence[float], fit: Callable[[float], float], now: float) -> float:
    """The value that fits best together with its neighbours on the grid, if it gains enough over the one in use."""
    fits = [fit(value) for value in values]
    smooth = [(fits[max(0, at - 1)] + 2 * fits[at] + fits[min(at + 1, len(fits) - 1)]) / 4 for at in range(len(fits))]
    best = max(range(len(values)), key=lambda at: smooth[at])
    return values[best] if smooth[best] >= smooth[values.index(now)] + GAIN else now


def validate(pages: Sequence[Page], more: Sequence[Page]) -> None:
    """Prints what the tenth folds give with the numbers that the other nine and the further pages choose."""
    scores = Scores([*pages, *more])
    sites = sorted({page.site for page in pages})
    always = list(range(len(pages), len(pages) + len(more)))
    for seed in range(FOLDINGS):
        order = list(sites)
        random.Random(seed).shuffle(order)
        fold = {site: at % FOLDS for at, site in enumerate(order)}
        found: dict[int, tuple[float, float]] = {}
        for number in range(FOLDS):
            held = [at for at, page in enumerate(pages) if fold[page.site] == number]
            numbers = choose(scores, [at for at, page in enumerate(pages) if fold[page.site] != number] + always)
            every = scores.of(numbers)
            found |= {at: every[at] for at in held}
        shown(f"folding {seed}", [found[at] for at in range(len(pages))])


def shown(title: str, scores: Iterable[tuple[float, float]]) -> None:
    """Prints precision, recall and F1 of pages."""
    rows = list(scores)
    precision, recall, f1 = mean(rows, [1] * len(rows))
    print(f"{title}: {len(rows)} pages, P {precision:.4f} R {recall:.4f} F1 {f1:.4f}", flush=True)


def main() -> None:
    """Does what the command line says."""
    command, *paths = sys.argv[1:]
    sets = [read(path) for path in paths]
    if command == "measure":
        for path, pages in zip(paths, sets, strict=True):
            shown(Path(path).name, map(score, pages))
    elif command == "choose":
        before = current()
        scores = Scores([page for pages in sets for page in pages])
        numbers = choose(scores, range(len(scores.pages)))
        for name in GRID:
            print(f"{name}: {numbers[name]:g}" + ("" if numbers[name] == before[name] else f" (is {before[name]:g})"))
        for title, chosen in (("chosen", numbers), ("as they are", before)):
            every = iter(scores.of(chosen))
            for path, pages in zip(paths, sets, strict=True):
                shown(f"{title}, {Path(path).name}", [next(every) for _ in pages])
    else:
        validate(sets[0], [page for pages in sets[1:] for page in pages])


if __name__ == "__main__":
    main()
