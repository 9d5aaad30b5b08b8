"""Story clusters on synthetic news with known copies, against datasketch: speed, recall, precision, memory.

usage: python benchmarks/stories.py [ROUNDS]

Both get the same texts in memory and give a cluster for each. The peer does what its documentation shows: sets of word 3-grams, MinHash
with 128 permutations (xxhash), MinHashLSH with 32 bands of 4, pairs whose estimate reaches 0.4. Seconds are those of the processor, on one
core. Writes its section of README.md.
"""

from __future__ import annotations

import datetime as dt
import re
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from news import make, pairs, quality
from report import apart, machine, write

DOCUMENTS, FEW = 50_000, 25_000
JACCARD, BANDS, ROWS = 0.4, 32, 4


def save(path: str, count: int) -> None:
    """Makes the news, keeps texts and truth, and prints how many pairs are copies."""
    news = make(count)
    batch = pa.RecordBatch.from_arrays([pa.array(news.texts, pa.large_string()), pa.array(news.story)], ["text", "story"])
    with pa.ipc.new_file(path, batch.schema) as writer:
        writer.write_batch(batch)
    print(pairs(news.story))


def ours(texts: pa.Array) -> np.ndarray:
    """The first document of each document's cluster."""
    from eventbank.corpus import Thresholds
    from eventbank.stories import components, linked, sketch, url_keys

    thresholds = Thresholds()
    found = sketch(texts, thresholds)
    return components(len(texts), linked(found, url_keys([]), thresholds))


def datasketch(texts: list[str]) -> np.ndarray:
    """The same by datasketch, with our components."""
    import xxhash
    from datasketch import MinHash, MinHashLSH

    from eventbank.stories import components

    index = MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))
    word = re.compile(r"\w+")
    sketches = []
    links = []
    for at, text in enumerate(texts):
        words = word.findall(text.lower())
        sketch = MinHash(num_perm=BANDS * ROWS, hashfunc=xxhash.xxh32_intdigest)
        sketch.update_batch({" ".join(gram).encode() for gram in zip(words, words[1:], words[2:], strict=False)})
        links += [other << 32 | at for other in index.query(sketch) if sketch.jaccard(sketches[other]) >= JACCARD]
        index.insert(at, sketch)
        sketches.append(sketch)
    return components(len(texts), np.array(links, np.uint64))


def measure(name: str, path: str) -> None:
    """Prints seconds, recall, precision, and the peak of memory in MiB before and after."""
    table = pa.ipc.open_file(pa.OSFile(path)).read_all()
    texts, truth = table["text"].combine_chunks(), table["story"].to_numpy()
    given = texts.to_pylist() if name == "datasketch" else texts
    (ours if name == "ours" else datasketch)(given[:200])  # what is made once in a process is not counted
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begun = time.process_time()
    found = ours(given) if name == "ours" else datasketch(given)
    seconds = time.process_time() - begun
    print(seconds, *quality(truth, found), before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main(rounds: int) -> None:
    """Measures in turn, and writes the section."""
    with tempfile.TemporaryDirectory() as folder:
        path, few = Path(folder) / "news.arrow", Path(folder) / "few.arrow"
        (truth,) = apart(__file__, "save", str(path), str(DOCUMENTS))
        apart(__file__, "save", str(few), str(FEW))
        found: dict[str, list[list[float]]] = {"ours": [], "datasketch": []}
        for _ in range(rounds):
            for name, results in found.items():
                results.append(apart(__file__, name, str(path)))
        less = apart(__file__, "ours", str(few))
    speed = {name: [DOCUMENTS / one[0] for one in results] for name, results in found.items()}
    ratios = [one / other for one, other in zip(speed["ours"], speed["datasketch"], strict=True)]
    own = found["ours"][0]
    fast = speed["ours"]
    kilobytes = ((own[4] - own[3]) - (less[4] - less[3])) * 1024 / (DOCUMENTS - FEW)
    rows = [
        f"| {label} | {statistics.median(speed[name]):,.0f} | {one[1]:.4f} | {one[2]:.4f} | {one[4]:,.0f} |"
        for name, label in (("ours", "`eventbank.stories`"), ("datasketch", "datasketch"))
        for one in found[name][:1]
    ]
    text = f"""`python benchmarks/stories.py`, {dt.date.today()}, {machine("numpy", "pyarrow", "datasketch")}

{DOCUMENTS:,} texts of about 400 words by `news.py` with {truth:,.0f} pairs of copies (edited, cut off, both, framed, the same), and
templates that are none; {rounds} rounds in turn, each in a process of its own; seconds are those of the processor. The words of unrelated
texts are drawn independently, so precision on real news will be lower.

| what | documents a second and core (median) | recall of pairs | precision of pairs | peak memory, MiB |
|---|---|---|---|---|
{chr(10).join(rows)}

| promise | bound | measured |
|---|---|---|
| documents a second | 12,000 | {statistics.median(fast):,.0f} ({min(fast):,.0f} to {max(fast):,.0f}) |
| times datasketch | 10 | {statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f}) |
| recall, precision | 0.98 | {own[1]:.4f}, {own[2]:.4f} |
| memory that grows, in one process | stated | {kilobytes:.1f} kB a document ({FEW:,} to {DOCUMENTS:,}) |"""
    write(__file__, "story clusters against datasketch", text)


if __name__ == "__main__":
    if sys.argv[1:2] == ["save"]:
        save(sys.argv[2], int(sys.argv[3]))
    elif len(sys.argv) == 3:
        measure(*sys.argv[1:])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
