"""Pages of plain text with their bodies, made from folders of HTML, for zones.py.

usage: python benchmarks/zones_pages.py --out STEM [--other PAGES.jsonl] FOLDER…          needs: pip install inscriptis readability-lxml

A page is written twice: `blocks`, a line for each block element, and `rendered`, as inscriptis lays it out. Its body is the text of the
same name in `../txt` beside the folder, if there is one and an extractor comes near it (F1 of 0.7): STEM-gold.jsonl, weight 1. Otherwise it
is what trafilatura extracts (without comments), if readability-lxml or resiliparse extracts nearly the same (F1 of word 4-grams of 0.9 or
more): STEM-silver.jsonl, weight 0.5. Left out: pages of a site of PAGES.jsonl, of a name or text that was there, bodies of fewer than 300
characters, and NO_ARTICLE. A page may state the opening of its body in NAME.json (`expected.cleaned_text`); one that begins otherwise is
left out, too.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import trafilatura
from inscriptis import get_text
from lxml import html
from readability import Document
from resiliparse.extract.html2text import extract_plain_text
from zones import grams

NO_ARTICLE = {
    *(
        "gnu.org.gpl",
        "github.com",
        "test_github1",
        "en.wikipedia.org.tsne",
        "test_wikipedia1",
        "pixabay.com.tos",
        "ap_meta_refresh",
        "ietf",
    ),
    *("creativecommons.org", "lanouvellerepublique.fr.martin", "eza.gv.at", "toralin.de.schmierfett", "fairkom.eu.about"),
    *("greenpeace.org.forests", "rosneft.com.licensing", "test_bbc_chinese", "test_embed", "test_iframe"),
}
"""Terms of use, software, encyclopedias, front pages, a doublet, pages made for a test: told by the name and the first words of the body,
before anything was measured."""

DROPPED = {"script", "style", "noscript", "template", "head", "svg", "iframe", "object", "audio", "video", "canvas", "math"}
INLINE = {
    *(
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "input",
        "ins",
        "kbd",
    ),
    *("label", "mark", "nobr", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"),
}
SECOND_LEVEL = ("co.uk", "com.au", "co.kr", "com.br", "co.jp", "gov.uk")
HOSTERS = ("wordpress", "blogspot", "github")
HOST = re.compile(r"((?:[\w-]+\.)+(?:de|com|org|net|fr|at|ch|eu|info|co\.uk|uk|blog|me|co))(?=\.|$)")


def blocks(tree: Any) -> str:
    """The text of a page, a line for each block element."""
    parts: list[str] = []

    def walk(element: Any) -> None:
        if not isinstance(element.tag, str) or element.tag.lower() in DROPPED:
            return
        edge = [] if element.tag.lower() in INLINE else ["\n"]
        parts.extend([*edge, re.sub(r"\s+", " ", element.text or "")])
        for child in element:
            walk(child)
            parts.append(re.sub(r"\s+", " ", child.tail or ""))
        parts.extend(edge)

    walk(tree)
    return "\n".join(line for line in map(str.strip, "".join(parts).split("\n")) if line)


def decoded(raw: bytes) -> str:
    """UTF-8 if it is, otherwise what the page states, otherwise Latin-1."""
    stated = re.search(rb"charset=[\"']?([\w-]+)", raw[:4000])
    for encoding in ("utf-8", *([stated[1].decode()] if stated else [])):
        try:
            return raw.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            continue
    return raw.decode("latin-1")


def likeness(one: str, other: str) -> float:
    """F1 of the word 4-grams of two texts."""
    first, second = grams(one), grams(other)
    return 2 * (first & second).total() / (first.total() + second.total()) if first or second else 0.0


def registered(host: str) -> str:
    """The part of a host's name that one owner holds."""
    labels = host.lower().removeprefix("www.").split(":")[0].split(".")
    return ".".join(labels[-3:] if ".".join(labels[-2:]) in SECOND_LEVEL or (len(labels) > 1 and labels[-2] in HOSTERS) else labels[-2:])


def extracted(page: str) -> tuple[str, str, str]:
    """What trafilatura, readability-lxml and resiliparse take for the article."""
    found = []
    for extract in (
        lambda: trafilatura.extract(page, include_comments=False, include_tables=True),
        lambda: blocks(html.fromstring(Document(page).summary())),
        lambda: extract_plain_text(page, main_content=True, alt_texts=False, links=False, preserve_formatting=True),
    ):
        try:
            found.append(extract() or "")
        except Exception:  # an extractor that fails has found nothing
            found.append("")
    return found[0], found[1], found[2]


def body_of(path: Path, tree: Any, page: str) -> tuple[str, str] | None:
    """The quality and the text of a page's body, without its title; nothing where it is in doubt."""
    first, second, third = extracted(page)
    gold, stated = path.parent.parent / "txt" / f"{path.stem}.txt", path.with_suffix(".json")
    if gold.exists():
        body = gold.read_text(encoding="utf-8")
        quality = "gold" if max(likeness(text, body) for text in (first, second, third)) >= 0.7 else ""
    else:
        body, quality = first, "silver" if max(likeness(text, first) for text in (second, third)) >= 0.9 else ""
        expected = json.loads(stated.read_text(encoding="utf-8")).get("expected", {}).get("cleaned_text", "") if stated.exists() else ""
        opening = " ".join(re.findall(r"\w+", expected.lower())[:4])
        if opening not in " ".join(re.findall(r"\w+", body.lower())[:200]):
            return None
    titles = {" ".join(node.text_content().split()).casefold() for node in tree.xpath("//h1")}
    titles |= {title.strip().casefold() for title in tree.xpath("//title/text()")[:1]}
    kept = [line for line in map(str.strip, body.split("\n")) if line and line.lstrip("# ").casefold() not in titles]
    return (quality, "\n\n".join(kept)) if quality and len("\n\n".join(kept)) >= 300 else None


def pages(folders: list[Path], others: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The quality and the record of every page that is taken, in both renderings."""
    names, texts = set(NO_ARTICLE), set[str]()
    for path in [path for folder in folders for path in sorted(folder.glob("*.html"))]:
        page = re.sub(r"^\s*<\?xml[^>]*>", "", decoded(path.read_bytes()))
        try:
            tree, rendered = html.fromstring(page), get_text(page).strip()
        except Exception:  # no page at all
            continue
        text = blocks(tree)
        stated = [*tree.xpath("//link[@rel='canonical']/@href"), *tree.xpath("//meta[@property='og:url']/@content")]
        hosts = [urlsplit(url).netloc for url in stated if url.startswith("http")] or [
            found[1] for found in [HOST.match(path.stem)] if found
        ]
        site = registered(hosts[0]) if hosts else path.stem
        if path.stem in names or text in texts or site in others:
            continue
        names.add(path.stem)
        texts.add(text)
        found = body_of(path, tree, page)
        for renderer, shown in (("blocks", text), ("rendered", rendered)) if found else ():
            weight = 1 if found[0] == "gold" else 0.5
            yield found[0], {"id": path.stem, "renderer": renderer, "site": site, "text": shown, "body": found[1], "weight": weight}


def main() -> None:
    """Does what the command line says."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--out", required=True)
    asked.add_argument("--other", type=Path)
    asked.add_argument("folders", nargs="+", type=Path)
    options = asked.parse_args()
    logging.disable(logging.CRITICAL)
    known = options.other.read_text(encoding="utf-8").split("\n") if options.other else []
    others = {registered(urlsplit(json.loads(line)["url"]).netloc) for line in known if line}
    found: dict[str, list[str]] = {"gold": [], "silver": []}
    for quality, record in pages(options.folders, others):
        found[quality].append(json.dumps(record, ensure_ascii=False) + "\n")
    for quality, lines in found.items():
        Path(f"{options.out}-{quality}.jsonl").write_text("".join(lines), encoding="utf-8")
        print(f"{quality}: {len(lines) // 2} pages, {len({json.loads(line)['site'] for line in lines})} sites")


if __name__ == "__main__":
    main()
