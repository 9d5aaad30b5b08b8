"""Words and shingles of many texts at once, as numbers: the ground of every comparison of texts.

A word is a run of letters, digits and underscores in any script, in lower case and in Unicode's composed form; ideographs and kana, which
are written without spaces, are words of one character. Everything else divides: white space and punctuation of every kind, so that curly
quotes, dashes and non-breaking spaces cut as their ASCII cousins do. A shingle is `size` words in a row, a text with fewer words is one
shingle, a text without words has none (Broder 1997, "On the resemblance and containment of documents").

The work is numpy on whole batches; no loop goes over words. The hashes are defined here and depend on nothing but the words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

Numbers = NDArray[Any]

CHUNK = 1 << 19
"""Bytes that are worked on at once: few enough for the cache of a processor, enough for the calls not to count."""

BLOCKS = 8
"""Eight-byte blocks of a word that count; a longer word is known by its beginning and its length."""

PLANES = 0x40000
"""The code points of the planes that have letters; those beyond divide words."""

_NONE: Numbers = np.zeros(0, np.int64)
_KEY = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 1 << 64))
"""What undoes a multiplication by `_KEY`."""
_BYTES = np.array([(1 << 8 * count) - 1 for count in range(9)], np.uint64)
"""What keeps the first `count` bytes of a block, little end first."""
_ALONE = (
    (0x2E80, 0x2FE0),
    (0x3005, 0x3008),
    (0x3040, 0x3100),
    (0x31F0, 0x3200),
    (0x3400, 0x4DC0),
    (0x4E00, 0xA000),
    (0xF900, 0xFB00),
    (0x20000, 0x32000),
)
"""Ideographs and kana: ranges of code points, half open."""


@dataclass(frozen=True)
class Ragged:
    """One array of numbers for each text, end to end: those of text `i` are `values[offsets[i]:offsets[i + 1]]`."""

    values: Numbers
    offsets: Numbers

    @property
    def sizes(self) -> Numbers:
        """How many numbers each text has (int64)."""
        sizes: Numbers = np.diff(self.offsets)
        return sizes

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, at: int) -> Numbers:
        part: Numbers = self.values[self.offsets[at] : self.offsets[at + 1]]
        return part

    def where(self, mask: Numbers) -> Ragged:
        """Those numbers for which `mask` (one bool each) is true."""
        at = np.flatnonzero(mask)
        return Ragged(self.values[at], np.searchsorted(at, self.offsets))

    @classmethod
    def of(cls, values: Numbers, sizes: Numbers) -> Ragged:
        """Numbers end to end, and how many of them each text has."""
        return cls(values, np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)]))

    @classmethod
    def joined(cls, parts: Sequence[Ragged], dtype: Any = np.uint64) -> Ragged:
        """The texts of all parts, one part after the other."""
        if not parts:
            return cls.of(np.zeros(0, dtype), np.zeros(0, np.int64))
        return cls.of(np.concatenate([part.values for part in parts]), np.concatenate([part.sizes for part in parts]))


def words(texts: Sequence[str] | pa.Array) -> Ragged:
    """The hash (uint64) of every word of every text, in order; a text that is null has none."""
    return Ragged.joined([found for found, _ in chunks(texts)])


def spelled(text: str) -> list[str]:
    """The words of one text as they are compared, one after the other: slow, and what `words` must agree with."""
    pattern, lower = _spelling()
    return pattern.findall(unicodedata.normalize("NFC", text).translate(lower))


def chunks(texts: Sequence[str] | pa.Array) -> Iterator[tuple[Ragged, Numbers]]:
    """The words of some texts at a time, and at which of them paragraphs begin; together they are all texts in order.

    Paragraphs are what stands between two line feeds in a row. One without words begins where the next one does.
    """
    array = pa.array(texts, pa.large_string()) if not isinstance(texts, pa.Array) else texts.cast(pa.large_string())
    array = array.fill_null("") if array.null_count else array
    if not len(array):
        return
    _, bounds, data = array.buffers()
    offsets = np.frombuffer(bounds, np.int64)[array.offset : array.offset + len(array) + 1]
    view = memoryview(data) if data is not None else memoryview(b"")
    first = 0
    while first < len(array):
        last = max(int(np.searchsorted(offsets, offsets[first] + CHUNK, "right")) - 1, first + 1)
        part = bytes(view[offsets[first] : offsets[last]])
        yield _words([part[begin:end] for begin, end in pairwise((offsets[first : last + 1] - offsets[first]).tolist())])
        first = last


def shingles(found: Ragged, size: int) -> Ragged:
    """The hash (uint64) of every shingle of every text, in the order of the text, repeated ones too."""
    values, counts = found.values, found.sizes
    mixed = values.copy()
    for ahead in range(1, size):  # a polynomial of the words' hashes, which are random already
        mixed *= _KEY
        mixed[: max(len(values) - ahead, 0)] += values[ahead:]
    keep = np.ones(len(values), bool)
    for back in range(1, size):
        keep[found.offsets[1:][counts >= back] - back] = False
    for at in np.flatnonzero((counts > 0) & (counts < size)):
        first = found.offsets[at]
        keep[first], mixed[first] = True, sequence(found[at])
    return Ragged.of(mixed[keep], np.where(counts >= size, counts - size + 1, np.minimum(counts, 1)))


def sets(found: Ragged, dtype: Any = np.uint64) -> Ragged:
    """The distinct numbers of each text in ascending order; as uint32, only the upper half of each number counts."""
    values = np.empty(len(found.values), dtype)
    np.right_shift(found.values, np.uint64(64 - 8 * values.itemsize), out=values, casting="same_kind")
    for first, last in pairwise(found.offsets.tolist()):
        values[first:last].sort()
    return Ragged(values, found.offsets).where(changes(values, found))


def changes(values: Numbers, found: Ragged) -> Numbers:
    """Whether each of some values, one for each number of `found`, is another than the one before it in its text."""
    new = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=new[1:])
    new[found.offsets[:-1][found.sizes > 0]] = True
    return new


def overlaps(found: Ragged, one: Numbers, other: Numbers) -> Numbers:
    """How many numbers (int64) the sets of each pair of texts share; `found` holds sets of uint32, `one` and `other` positions of texts."""
    bounds = list(pairwise(found.offsets.tolist()))
    both = np.zeros(len(one), np.int64)
    # Pair by pair the numbers have 32 bits and stay in the cache; those of many pairs are sorted at a third of the speed.
    for at, pair in enumerate(zip(one.tolist(), other.tolist(), strict=True)):
        members = np.concatenate([found.values[slice(*bounds[text])] for text in pair])
        members.sort()
        both[at] = np.count_nonzero(members[1:] == members[:-1])
    return both


def paragraphs(found: Ragged, begins: Numbers, least: int) -> tuple[Numbers, Numbers]:
    """The hash (uint64) of each paragraph of at least `least` words, and the position of its text; both arguments are of `chunks`."""
    bounds = np.unique(np.concatenate([begins, found.offsets]))
    long = np.flatnonzero(np.diff(bounds) >= least)
    if not len(long):
        return np.zeros(0, np.uint64), long
    # One pass weighs all words by their place in the chunk; divided by the weight of a paragraph's place it is that in the paragraph.
    sums = np.add.reduceat(found.values * _powers(len(found.values)), bounds[:-1])
    keys = sums[long] * _powers(int(bounds[long[-1]]) + 1, _INVERSE)[bounds[long]] * _KEY
    return mix(keys), np.searchsorted(found.offsets, bounds[long], "right") - 1


def sequence(values: Numbers) -> np.uint64:
    """The hash of numbers (uint64) in their order."""
    weighed: Numbers = values * _powers(len(values))
    found: np.uint64 = mix(weighed.sum(dtype=np.uint64)[None])[0]
    return found


def mix(values: Numbers) -> Numbers:
    """The finalizer of splitmix64 (Steele, Lea and Flood 2014): a bijection of uint64 in which every bit depends on all."""
    values = values ^ (values >> np.uint64(30))
    values *= np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values


def _powers(count: int, base: np.uint64 = _KEY) -> Numbers:
    """The first `count` powers of a number; those that a chunk may need are kept."""
    powers: Numbers = _kept_powers(base, CHUNK)[:count] if count <= CHUNK else np.cumprod(np.full(count, base), dtype=np.uint64)
    return powers


@cache
def _kept_powers(base: np.uint64, count: int) -> Numbers:
    powers: Numbers = np.cumprod(np.full(count, base), dtype=np.uint64)
    return powers


def _words(texts: Sequence[bytes]) -> tuple[Ragged, Numbers]:
    """The words of texts in UTF-8."""
    raw, data, offsets = _laid(texts)
    hard, alone = _fold(data) if not raw.isascii() else (False, _NONE)
    if hard:
        raw, data, offsets = _laid([_plain(text) for text in texts])
        _, alone = _fold(data)  # marks that are left divide words
    return _cut(raw, data, offsets, alone)


def _laid(texts: Sequence[bytes]) -> tuple[bytearray, Numbers, Numbers]:
    """Texts end to end, dividers around each: as they are, with ASCII as it counts, and how far behind the first divider each begins."""
    raw = bytearray(1).join([b"", *texts, bytes(8)])
    return raw, np.frombuffer(raw.translate(_ascii()), np.uint8), np.cumsum([0, *map(len, texts)]) + np.arange(len(texts) + 1)


def _plain(text: bytes) -> bytes:
    """The same text composed and without the characters of `_unequal`."""
    return unicodedata.normalize("NFC", text.decode("utf-8")).translate(_unequal()).encode("utf-8")


def _cut(raw: bytearray, data: Numbers, offsets: Numbers, alone: Numbers) -> tuple[Ragged, Numbers]:
    """The words of what `_laid` laid; `alone` holds the ends of characters that are words alone, from behind the first divider."""
    is_word = data != 0
    edge = is_word[1:] != is_word[:-1]
    edge[alone] = True
    bounds = np.flatnonzero(edge)
    if len(alone):
        inside = is_word[1:][bounds[:-1]]
        starts, lengths = bounds[:-1][inside], np.diff(bounds)[inside]
    else:  # words and what divides them take turns, and every second edge costs a tenth of a mask
        starts, lengths = bounds[::2].copy(), bounds[1::2] - bounds[::2]
    ends = np.frombuffer(raw, np.uint8) == ord("\n")
    begins = np.searchsorted(starts, np.flatnonzero(ends[1:] & ends[:-1]))
    return Ragged(_hashes(data[1:], starts, lengths), np.searchsorted(starts, offsets)), begins


def _hashes(data: Numbers, starts: Numbers, lengths: Numbers) -> Numbers:
    """The hash of each run of bytes, eight bytes at a time."""
    blocks: Numbers = as_strided(data[:8].view("<u8"), (len(data) - 7,), (1,))
    hashes = mix((blocks[starts] & _BYTES.take(lengths, mode="clip")) + (lengths.astype(np.uint64) << np.uint64(56)))
    rest = np.flatnonzero(lengths > 8)
    for block in range(1, BLOCKS):
        if not len(rest):
            break
        left = lengths[rest] - 8 * block
        part = blocks[starts[rest] + 8 * block] & _BYTES.take(left, mode="clip")
        hashes[rest] = mix(hashes[rest] * _KEY + part)
        rest = rest[left > 8]
    return hashes


def _fold(data: Numbers) -> tuple[bool, Numbers]:
    """Writes over each character beyond ASCII its lower case, or zeros where it divides words.

    Returns whether there is a character that cannot be replaced in its place, or that composes with its neighbour; and where characters
    begin and end that are words alone, counted after the first byte.
    """
    folded, alone, hard = _table()
    found, ends = False, [_NONE]
    leads = np.flatnonzero(data >= 0xC0)
    kinds = data[leads]
    for length, lead, last in ((2, 0xC0, 0xE0), (3, 0xE0, 0xF0), (4, 0xF0, 0xF8)):
        at = leads[(kinds >= lead) & (kinds < last)]
        points: Numbers = (data[at] & (0xFF >> (length + 1))).astype(np.uint32)
        for step in range(1, length):
            points = (points << np.uint32(6)) | (data[at + step] & 0x3F)
        points = np.minimum(points, np.uint32(PLANES - 1))
        found |= bool(hard[points].any())
        single = at[alone[points]]
        ends += [single - 1, single + (length - 1)]
        points = folded[points]
        divides = points == 0
        for step in reversed(range(1, length)):
            data[at + step] = np.where(divides, 0, 0x80 | (points & 0x3F))
            points >>= np.uint32(6)
        data[at] = np.where(divides, 0, lead | points)
    return found, np.concatenate(ends)


@cache
def _ascii() -> bytes:
    """What each byte counts as: ASCII letters in lower case, digits, the underscore and bytes beyond ASCII, zero for what divides words."""
    keep = (chr(byte).lower() if chr(byte).isalnum() or byte == ord("_") else "\0" for byte in range(128))
    return "".join(keep).encode("ascii") + bytes(range(128, 256))


@cache
def _table() -> tuple[Numbers, Numbers, Numbers]:
    """For each code point: what it counts as (uint32, zero where it divides words), whether it is a word alone, whether it is hard.

    Hard are the characters of `_unequal`, those that are not composed, and those that may compose with the one before: marks, and the
    vowels and finals of Hangul.
    """
    every = "".join(map(chr, range(PLANES)))
    folded = np.zeros(len(every), np.uint32)
    for run in re.finditer(r"\w+", every):
        folded[run.start() : run.end()] = np.arange(run.start(), run.end())
    hard = np.zeros(len(every), bool)
    hard[0x1160:0x1200] = True
    hard[[ord(one) for one in _varied() if unicodedata.category(one)[0] == "M" or not unicodedata.is_normalized("NFC", one)]] = True
    for point, lower in _lower().items():
        hard[point] |= (is_unequal := point in _unequal())
        folded[point] = point if is_unequal else ord(lower)
    alone = np.zeros(len(every), bool)
    for first, last in _ALONE:
        alone |= (folded >= first) & (folded < last)
    return folded, alone, hard


@cache
def _lower() -> dict[int, str]:
    """The lower case, in its compatible form where that is one character, of each character that is not its own."""
    forms = ((one, unicodedata.normalize("NFKC", one)) for one in _varied() if one.isalnum())
    lower = ((one, (form if len(form) == 1 else one).lower()) for one, form in forms)
    return {ord(one): form for one, form in lower if len(form) == 1 and form != one and form.isalnum()}


def _varied() -> Iterator[str]:
    """The characters beyond ASCII that may have a case or another form: all but surrogates, ideographs and syllables of Hangul."""
    ranges = ((0x80, 0x3400), (0x4DC0, 0x4E00), (0xA000, 0xAC00), (0xD7A4, 0xD800), (0xE000, 0x20000), (0x2F800, 0x2FB00))
    return map(chr, chain.from_iterable(range(first, last) for first, last in ranges))


@cache
def _unequal() -> dict[int, str]:
    """Those of `_lower` whose lower case takes another number of bytes in UTF-8."""
    return {point: lower for point, lower in _lower().items() if len(chr(point).encode()) != len(lower.encode())}


@cache
def _spelling() -> tuple[re.Pattern[str], dict[int, str]]:
    """What a word is as a regular expression, and the lower case of every character."""
    alone = "".join(f"{chr(first)}-{chr(last - 1)}" for first, last in _ALONE)
    return re.compile(rf"(?=\w)[{alone}]|[^\W{alone}]+"), {point: chr(point).lower() for point in range(128)} | _lower()
