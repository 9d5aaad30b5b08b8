"""What readers give: records (a page with what was delivered with it), rejections, and the settings that decide how both are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from eventbank.document import KEPT_KINDS
from eventbank.errors import Code, Problem

NO_READER = Code("E800", "no reader takes this", "Readers take .txt, .html, .jsonl, .parquet and .warc files, and text and HTML in WARC.")
NOT_FOUND = Code("E801", "nothing is there", "Check the path or the pattern; patterns need quotes in a shell.")
NOT_READ = Code("E802", "the file cannot be read", "Check permissions and network, then run again: only what is missing is read.")
DAMAGED = Code("E803", "the file is damaged or cut off", "Deliver it again; what was read before the damage has been taken.")
TOO_LARGE = Code("E804", "the page is larger than the limit", "Raise the limit if it really is one page; most such files are none.")
BOMB = Code("E805", "the file unpacks to more than any page", "Unpack and inspect it by hand; the rest of the file has not been read.")
NO_CHARSET = Code("E806", "the characters cannot be decoded", "Deliver the page in UTF-8, or with the character set that it is really in.")
NO_CONTENT = Code("E807", "there is no text", "Nothing to do if the page is empty; else see whether its text is in images or scripts.")
NO_RECORD = Code("E808", "the line holds no page", "Each line is a JSON object with `id` and `text` or `html`, each a string.")
NO_PARQUET = Code("E809", "the Parquet file holds no pages", "It needs a column `text` or `html` of strings; `id` names the documents.")
TOO_DEEP = Code("E810", "the markup is nested too deep", "Nothing to do: no real page nests that deep, and a parser would not come back.")
NO_EXTRA = Code("E811", "a library for this is not installed", "Install the extra that the message names.")
NOT_A_PAGE = Code("E812", "the archived answer is no page", "Nothing to do: the crawl met an error or another kind of file.")
CRASHED = Code("E813", "a library failed on this page", "Please report the page; the others are unharmed.")

FACTS = ("title", "published", "author", "publisher", "agency", "dateline", "url")
"""What may be delivered with a page, under these names, besides `language`; anything else is kept as JSON."""

PAGE_LIMIT = 16 * 2**20
"""Bytes of one page, before and after unpacking."""


@dataclass(frozen=True)
class Settings:
    """How pages become documents. The same settings and the same input give the same output.

    Attributes:
        kept: the kinds of zone that make up the text of a plain page.
        language: BCP 47 tag of every document; None identifies it from the first 500 code points of each text.
        fast: HTML by resiliparse instead of trafilatura: many times as fast, less precise.
        whole_pages: plain text is a whole page, with menus and other stories, and is cut into zones; False takes it as the text itself.
        limit: bytes of one page, beyond which it is set aside (E804).
    """

    kept: frozenset[str] = KEPT_KINDS
    language: str | None = None
    fast: bool = False
    whole_pages: bool = True
    limit: int = PAGE_LIMIT

    @property
    def facts(self) -> dict[str, object]:
        """The settings as JSON takes them."""
        return asdict(self) | {"kept": sorted(self.kept)}


@dataclass(frozen=True)
class Record:
    """A page as it was delivered.

    `name` says where it stood (a file, "file#line", the address in an archive), `data` are its bytes without compression,
    `html` whether they are markup. `charset` is what was declared outside the page, `facts` what was delivered with it.
    `extra` is the JSON of everything else that was.
    """

    doc_id: str
    name: str
    data: bytes
    html: bool = False
    charset: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    extra: str | None = None


@dataclass(frozen=True)
class Rejection:
    """An input that was not taken: its id as far as known, where it stood, and why."""

    doc_id: str
    name: str
    code: str
    reason: str

    @classmethod
    def of(cls, problem: Problem, name: str, doc_id: str = "") -> Rejection:
        """The rejection for a problem; the remedy is left to docs/problems.md."""
        return cls(doc_id, name, problem.code, problem.message)
