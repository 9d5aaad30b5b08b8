"""Synthetic news with known copies: the same texts for the same seed and number.

Words come from a Zipf distribution (exponent 1.05) over made-up words; an article has about 400, with curly quotes and dashes as newsrooms
set them. One text in ten is a copy of another article: edited (up to 12 % of the words replaced), cut off (40 to 95 % of it left), both,
framed by lines of the publisher, or the same. One in fifty ends with one of a few templates: it shares 160 words with some fifty others,
and is its own story.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

VOCABULARY, EXPONENT = 60_000, 1.05
COPIES, TEMPLATES_SHARE = 0.10, 0.02
TEMPLATE_WORDS, TEXTS_OF_TEMPLATE = 160, 50
KINDS = ("same", "edited", "cut", "edited and cut", "framed")


@dataclass(frozen=True)
class News:
    """Texts, and for each the number of its story: texts of one number are copies of one article."""

    texts: list[str]
    story: np.ndarray

    @property
    def doc_ids(self) -> list[str]:
        """A made-up id for each text."""
        return [f"d{at:09}" for at in range(len(self.texts))]


def make(count: int, seed: int = 7) -> News:
    """The texts; memory grows with their number."""
    rng = np.random.default_rng([seed, count])
    vocabulary = _vocabulary(np.random.default_rng(seed))
    weights = 1 / np.arange(1, VOCABULARY + 1) ** EXPONENT
    cumulated = np.cumsum(weights / weights.sum())
    copies = int(count * COPIES)
    originals = count - copies
    templated = int(originals * TEMPLATES_SHARE)
    templates = [_draw(rng, cumulated, TEMPLATE_WORDS) for _ in range(max(1, templated // TEXTS_OF_TEMPLATE))]
    boilerplate = [_draw(rng, cumulated, 25) for _ in range(200)]
    articles: list[tuple[np.ndarray, ...]] = []
    for at in range(originals):
        article = _draw(rng, cumulated, int(np.clip(rng.lognormal(5.9, 0.45), 170, 1500)))
        articles.append((article, templates[at % len(templates)]) if at < templated else (article,))
    story = list(range(originals))
    for _ in range(copies):
        of = int(rng.integers(originals))
        articles.append(_copy(rng, articles[of], cumulated, boilerplate))
        story.append(of)
    order = rng.permutation(count)
    return News(["\n\n".join(_text(vocabulary, part) for part in articles[at]) for at in order], np.array(story)[order])


def pairs(story: np.ndarray) -> int:
    """How many pairs of texts are of one story."""
    sizes = np.unique(story, return_counts=True)[1]
    return int((sizes * (sizes - 1) // 2).sum())


def quality(truth: np.ndarray, found: np.ndarray) -> tuple[float, float]:
    """Recall and precision over pairs of texts."""
    both = np.unique(np.stack([truth, found]), axis=1, return_counts=True)[1]
    hits = int((both * (both - 1) // 2).sum())
    return hits / max(pairs(truth), 1), hits / max(pairs(found), 1)


def _copy(
    rng: np.random.Generator, article: tuple[np.ndarray, ...], cumulated: np.ndarray, boilerplate: list[np.ndarray]
) -> tuple[np.ndarray, ...]:
    kind = KINDS[int(rng.integers(len(KINDS)))]
    copy, *template = article[0].copy(), *article[1:]
    if "edited" in kind:
        changed = rng.random(len(copy)) < rng.uniform(0.01, 0.12)
        copy[changed] = _draw(rng, cumulated, int(changed.sum()))
    if "cut" in kind:
        return (copy[: max(int(len(copy) * rng.uniform(0.4, 0.95)), 40)],)
    if kind == "framed":
        copy = np.concatenate([boilerplate[int(rng.integers(200))], copy, boilerplate[int(rng.integers(200))]])
    return (copy, *template)


def _draw(rng: np.random.Generator, cumulated: np.ndarray, count: int) -> np.ndarray:
    return np.searchsorted(cumulated, rng.random(count))


def _vocabulary(rng: np.random.Generator) -> np.ndarray:
    """Made-up words, the frequent ones short, as in English: five letters on average in running text."""
    syllables = [a + b for a in "bcdfghklmnprstvwyz" for b in ("a", "e", "i", "o", "u", "an", "er", "in", "on")]
    known: dict[str, None] = {}
    while len(known) < VOCABULARY:
        size = 1 + int(len(known) > 60) + int(rng.integers(3)) * int(len(known) > 600)
        known["".join(syllables[int(at)] for at in rng.integers(len(syllables), size=size))] = None
    return np.array(list(known), dtype=object)


def _text(vocabulary: np.ndarray, article: np.ndarray) -> str:
    """Sentences of about twenty words, paragraphs of three; every fourth sentence is quoted."""
    words = vocabulary[article].tolist()
    sentences = [" ".join(words[at : at + 20]).capitalize() for at in range(0, len(words), 20)]
    told = [f"“{one},” it’s said." if at % 4 == 3 else f"{one}." for at, one in enumerate(sentences)]
    return "\n\n".join(" ".join(told[at : at + 3]) for at in range(0, len(told), 3))
