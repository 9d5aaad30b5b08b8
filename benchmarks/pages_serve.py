"""The pages of a release of a million documents: the side index, the server's memory, and how long a reader waits. Writes README.md.

usage: python benchmarks/pages_serve.py [FOLDER [DOCUMENTS]]

FOLDER keeps the made release for another run. The texts are short, some sixty words drawn as in real text (a few words often, most
seldom), with labels in their places; every document has a date and a publisher of its own, and the test split is annotated twice. A server
is started on the release with an empty cache, so that its memory includes the making of the index, and is asked over HTTP by one reader,
then by several at once.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from report import machine, write

from eventbank import ontology
from eventbank.corpus import Settings
from eventbank.document import Document, Rights, Zone, assemble, sha256
from eventbank.labelstudio import codec
from eventbank.labelstudio.batches import to_batch
from eventbank.layer import Argument, Event, Layer, Mention, numbered
from eventbank.release import folder, manifest
from eventbank.release.content import Release, path_of
from eventbank.release.parquet import ROW_GROUP
from eventbank.release.rows import Labelled, document_row, event_row
from eventbank.schemas import label_names
from eventbank.splits import Placement
from eventbank.tables import ANNOTATIONS, DOCUMENTS, EVENTS, PARQUET, SPLITS

MADE, PATTERNS, WORDS, PUBLISHERS = 1_000_000, 2_000, 30_000, 240
SCHEME = Path(__file__).parent.parent / "schema" / "ontology.yaml"
ARTICLES, TURNS, READERS = 200, 5, 16
CORPUS = "/corpora/some/made/main"


def vocabulary(rng: random.Random) -> list[str]:
    """Words that nobody has, the commonest first."""
    return [f"{rng.choice('bcdfglmnprst')}{rng.choice('aeiou')}{rng.choice('bcdfglmnprst')}{at}" for at in range(WORDS)]


def patterns(scheme: ontology.Ontology, rng: random.Random) -> list[tuple[Document, Layer]]:
    """Documents with labels that are repeated under other ids."""
    words = vocabulary(rng)
    weights = list(accumulate(1 / (at + 1) for at in range(WORDS)))
    found = []
    for at in range(PATTERNS):
        drawn = rng.choices(words, cum_weights=weights, k=rng.randint(40, 80))
        text = " ".join(drawn)
        ends = list(accumulate(len(word) + 1 for word in drawn))
        spans = [(end - 1 - len(word), end - 1, word) for end, word in zip(ends, drawn, strict=True)]
        picked = rng.sample(spans, 12)
        mentions = tuple(
            Mention(f"m{i}", "entity", rng.choice(scheme.entity_types).name, *span, level="NOM") for i, span in enumerate(picked[:8])
        )
        events = tuple(event(scheme, rng, f"e{i}", span, mentions) for i, span in enumerate(picked[8:]))
        chains = (frozenset({"m0", "m1"}), *(frozenset({one.id}) for one in mentions[2:]))
        layer = Layer(f"p{at:04d}", "gold", sha256(text.encode()), mentions, events, chains, tuple(frozenset({one.id}) for one in events))
        zones = (Zone(0, len(text), "body"),)
        rights = Rights(redistribute=True)
        document = Document(
            f"p{at:04d}", text, "en", zones, assemble(text, zones)[1], f"p{at:04d}.txt", sha256(text.encode()), " ".join(drawn[:7]),
            dated=dt.date(2020, 1, 1), dated_by="published", publisher="?", rights=rights,
        )  # fmt: skip
        found.append((document, layer))
    return found


def event(scheme: ontology.Ontology, rng: random.Random, id_: str, span: tuple[int, int, str], mentions: tuple[Mention, ...]) -> Event:
    """An event of some type, common ones more often, with two arguments."""
    kind = scheme.event_types[min(int(rng.expovariate(0.2)), len(scheme.event_types) - 1)]
    roles = rng.sample(sorted(kind.roles), min(2, len(kind.roles)))
    arguments = tuple(Argument(role, "mention", rng.choice(mentions).id) for role in roles)
    return Event(id_, kind.name, *span, scheme.defaults(), scheme.realis(scheme.defaults()), arguments)


def make(target: Path, number: int) -> None:
    """Writes the release, block by block."""
    scheme, rng, draw = ontology.load(SCHEME, "ontology.yaml"), random.Random(7), np.random.default_rng(7)
    made = patterns(scheme, rng)
    placed = Placement("p", "p", ("train",) * 6)
    rows = {
        DOCUMENTS: DOCUMENTS.table([document_row(document, placed) for document, _ in made]),
        EVENTS: EVENTS.table([event_row(Labelled.of(document, numbered(layer))) for document, layer in made]),
    }
    publishers = pa.array([f"The {name} Times" for name in range(PUBLISHERS)])
    share = {"train": number - number // 100 - number // 200, "validation": number // 100, "test": number // 200}
    done = 0
    for split, count in share.items():
        writers = {}
        for table in rows:
            path = target / path_of(table, split)
            path.parent.mkdir(parents=True, exist_ok=True)
            writers[table] = pq.ParquetWriter(path, table.schema, **PARQUET)
        for first in range(0, count, PATTERNS):
            size = min(PATTERNS, count - first)
            ids = pa.array([f"doc-{done + first + at:07d}" for at in range(size)])
            dates = pa.array(16_000 + draw.integers(0, 4_000, size, dtype=np.int32), pa.int32()).cast(pa.date32())
            named = publishers.take(pa.array(np.minimum(draw.geometric(0.03, size), PUBLISHERS) - 1))
            for table, drawn in rows.items():
                part = drawn.slice(0, size)
                for name, column in {"doc_id": ids, "dated": dates, "publisher": named, "split": pa.array([split] * size)}.items():
                    if name in table.schema.names:
                        part = part.set_column(table.schema.get_field_index(name), table.schema.field(name), column)
                writers[table].write_table(part, row_group_size=ROW_GROUP)
        for writer in writers.values():
            writer.close()
        if split == "test":
            annotate(target, [f"doc-{done + at:07d}" for at in range(count)], made, scheme)
        done += count
    (target / "ontology.yaml").write_bytes(SCHEME.read_bytes())
    (target / manifest.CARD).write_text("made\n", "utf-8")
    settings = Settings(name="made", title="Made", repo="some/made", version="1.0.0")
    facts = folder._facts(Release(settings, label_names(scheme), {}, "made"))
    facts["digest"] = f"{rng.getrandbits(256):064x}"  # long to count, and of no use here
    counted = {split: share[split] for split in SPLITS}
    facts["rows"] = {name: counted if name in ("events", "documents") else dict.fromkeys(SPLITS, 0) for name in facts["rows"]}
    (target / manifest.NAME).write_bytes(manifest.manifest(target, facts))


def annotate(target: Path, doc_ids: list[str], made: list[tuple[Document, Layer]], scheme: ontology.Ontology) -> None:
    """Two passes of the documents of the test split, the second without the first mention's chain, in the rows of their exports."""
    path = target / path_of(ANNOTATIONS, "test")
    path.parent.mkdir(parents=True)
    with pq.ParquetWriter(path, ANNOTATIONS.schema, **PARQUET) as writer:
        for annotator in ("annotator-1", "annotator-2"):
            tasks = []
            for at, doc_id in enumerate(doc_ids):
                document, layer = made[at % PATTERNS]
                own = replace(layer, doc_id=doc_id, annotator=annotator)
                own = replace(own, entities=tuple(frozenset({one.id}) for one in own.mentions)) if annotator == "annotator-2" else own
                tasks.append(codec.encode(own, document.text, document.title, scheme))
            found = list(codec.to_rows(tasks, f"{annotator}.json"))
            for first in range(0, len(found), ROW_GROUP):
                writer.write_batch(to_batch(found[first : first + ROW_GROUP]), ROW_GROUP)


def fetched(url: str) -> tuple[float, int]:
    """Milliseconds of an answer, and its length."""
    begun = time.perf_counter()
    with urllib.request.urlopen(url, timeout=120) as answer:
        body = answer.read()
    return 1000 * (time.perf_counter() - begun), len(body)


def indexed(url: str) -> float:
    """Seconds until the corpus is there; meanwhile the server says that its index is being made."""
    begun = time.monotonic()
    while True:
        try:
            fetched(f"{url}{CORPUS}/index.html")
            return time.monotonic() - begun
        except urllib.error.HTTPError as error:
            if error.code != 503:
                raise
            time.sleep(0.5)


def memory(process: int) -> float:
    """The most memory that a process has had, in MB."""
    status = Path(f"/proc/{process}/status").read_text("ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1000


def questions(rng: random.Random) -> dict[str, list[dict[str, str | int]]]:
    """What a reader asks of the list, by kind."""
    common, rare = "Weapon.Launch", "Measure.Lift"
    day = dt.date(2013, 10, 22) + dt.timedelta(days=rng.randrange(3_900))
    words = vocabulary(random.Random(7))
    common_word, usual_word, rare_word = words[0], words[60], words[9_000]
    return {
        "everything": [{}, {"page": rng.randrange(1, 20_000)}],
        "a type": [{"type": common}, {"type": rare}, {"type": rare, "page": 20}],
        "type and role": [{"type": common, "role": "Actor"}, {"type": rare, "role": "Time"}],
        "publisher and split": [{"publisher": "The 7 Times"}, {"publisher": "The 99 Times", "split": "validation"}],
        "dates": [{"since": str(day), "until": str(day + dt.timedelta(days=3))}, {"since": str(day)}],
        "newest first": [{"order": "newest"}, {"type": common, "order": "newest"}, {"type": rare, "order": "oldest"}],
        "words": [{"words": one} for one in (common_word, usual_word, rare_word, f'"{common_word} {words[1]}"')],
        "words with more": [{"words": usual_word, "type": common}, {"words": common_word, "type": rare, "since": str(day)}],
        "words that begin so": [{"words": f"{words[70][:3]}*"}, {"words": f"{words[70][:3]}*", "type": common, "since": str(day)}],
    }


def main() -> None:
    """Makes the release, starts a server and asks."""
    with tempfile.TemporaryDirectory() as temporary:
        target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(temporary) / "made"
        number = int(sys.argv[2]) if len(sys.argv) > 2 else MADE
        if not (target / manifest.NAME).exists():
            target.mkdir(parents=True, exist_ok=True)
            subprocess.run([sys.executable, __file__, "--make", str(target), str(number)], check=True)
        cache = Path(temporary) / "cache"
        environment = os.environ | {"EVENTBANK_CACHE": str(cache), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "eventbank", "serve", str(target), "--port", "0", "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
            try:
                section(target, cache, server, number)
            finally:
                server.terminate()


def section(target: Path, cache: Path, server: subprocess.Popen[str], number: int) -> None:
    """Measures a server that was just started, and writes what was found."""
    assert server.stdout is not None
    said = ""
    while not said.endswith("\n}\n"):
        said += server.stdout.readline()
    url = json.loads(said[said.index("{") :])["url"]
    idle = memory(server.pid)
    seconds = indexed(url)
    after = memory(server.pid)
    rng = random.Random(11)
    rows = []
    ids = [f"doc-{rng.randrange(number):07d}" for _ in range(ARTICLES)]
    annotated = [f"doc-{rng.randrange(number - number // 200, number):07d}" for _ in range(ARTICLES // 4)]
    measured = {"corpus": [fetched(f"{url}{CORPUS}/index.html")[0] for _ in range(20)]}
    measured["article"] = [fetched(f"{url}{CORPUS}/articles/{doc_id}.html")[0] for doc_id in ids]
    measured["annotators side by side"] = [fetched(f"{url}{CORPUS}/annotators/{doc_id}.html")[0] for doc_id in annotated]
    with ThreadPoolExecutor(READERS) as readers:
        addresses = [f"{url}{CORPUS}/articles/doc-{rng.randrange(number):07d}.html" for _ in range(3 * ARTICLES)]
        measured[f"article, {READERS} readers at once"] = [one for one, _ in readers.map(fetched, addresses)]
    asked: dict[str, list[float]] = {}
    for _ in range(TURNS):
        for kind, wanted in questions(rng).items():
            asked.setdefault(f"list: {kind}", []).extend(fetched(f"{url}{CORPUS}/documents.html?{urlencode(one)}")[0] for one in wanted)
    every = [one for found in asked.values() for one in found]
    measured |= asked | {"list: all questions together": every}
    bounds = {"article": "200 ms", "list: all questions together": "1 s"}
    for name, found in measured.items():
        ordered = sorted(found)
        late = ordered[int(len(ordered) * 0.95)]
        rows.append(f"| {name} | {len(found)} | {statistics.median(found):.0f} | {late:.0f} | {ordered[-1]:.0f} | {bounds.get(name, '')} |")
    size = next(cache.rglob("*.sqlite")).stat().st_size
    parquet = sum(path.stat().st_size for path in target.rglob("*.parquet"))
    texts = pq.ParquetFile(target / path_of(DOCUMENTS, "test")).read_row_group(0, columns=["text"])["text"].to_pylist()
    said = (
        f"{number:,} documents of {statistics.mean(map(len, texts)):.0f} characters on average, 4 events and 8 mentions each, "
        f"{parquet / 1e9:.2f} GB of Parquet. The server makes its side index at the first question, in {seconds:.0f} s; it has "
        f"{size / 1e9:.2f} GB ({size / number:.0f} bytes a document). Memory of the server (the most that it ever had): {idle:.0f} MB "
        f"before the first question, {after:.0f} MB with the index made, {memory(server.pid):.0f} MB after all questions (bound: 500 MB)."
    )
    head = "| page | asked | median, ms | 95 of 100, ms | longest, ms | bound of the median |\n|---|---|---|---|---|---|"
    parts = [said, "\n".join([head, *rows]), machine("pyarrow", "starlette", "uvicorn", "jinja2")]
    write(__file__, "pages of a million documents", "\n\n".join(parts))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--make"]:
        make(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
