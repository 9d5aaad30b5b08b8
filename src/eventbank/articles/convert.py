"""From an article to a document: zones, text and alignment, and what the page and its curator say of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from eventbank.articles.metadata import Metadata, metadata
from eventbank.articles.personal import CONTACT, contacts
from eventbank.articles.read import Article
from eventbank.articles.sources import NO_DATE, Source
from eventbank.articles.zones import corrected, zones
from eventbank.document import Document, Rights, assemble, check_text
from eventbank.errors import Code, EventBankError, Place, Problem, excerpt

NOT_STATED = Code(
    "E111",
    "a date of publication is not what the page states",
    "Give published only if the page states it or evidence supports it; else dated, with dated_by text or curator.",
)
STATED_OTHERWISE = Code("W101", "the page states something else than sources.yaml", "Compare the page, then mend the entry or the zone.")


def convert(article: Article, source: Source, language: str, kept: frozenset[str]) -> tuple[Document, list[Problem]]:
    """The document of an article; `kept` are the kinds of zone that make up its text.

    The problems are those that do not hinder the conversion: contact data in the text (E221), no date (E110), and warnings.

    Raises:
        EventBankError: E211 to E214 for a correction of zones that fits no place, E201 to E203 for a text that cannot be stored.
    """
    place = Place(file=f"articles/{article.name}", doc_id=article.doc_id)
    try:
        parts = corrected(article.raw, zones(article.raw), source.corrections)
    except EventBankError as error:
        at = Place(file="articles/sources.yaml", line=source.line, doc_id=article.doc_id)
        raise EventBankError(Problem(found.code, at, found.message, found.remedy) for found in error.problems) from None
    text, alignment = assemble(article.raw, parts, kept)
    check_text(text, place)
    stated = metadata(article.raw, parts)
    facts = _facts(source, stated)
    published, dated, dated_by = facts.pop("published"), source.dated, source.dated_by
    if dated is None and isinstance(published, dt.date):
        dated, dated_by = published, "published"
    document = Document(
        doc_id=article.doc_id,
        text=text,
        language=language,
        zones=parts,
        alignment=alignment,
        raw_name=article.name,
        raw_sha256=article.raw_sha256,
        published=published if isinstance(published, dt.date) else None,
        dated=dated,
        dated_by=dated_by,
        rights=source.rights if source.rights is not None else _rights(stated),
        **{key: value for key, value in facts.items() if isinstance(value, str)},
    )
    undated = [NO_DATE.at(place)] if dated is None and dated_by is None else []
    return document, [*_personal(document, place), *_doubts(source, stated), *_unproven(source, document, stated), *undated]


def _facts(source: Source, stated: Metadata) -> dict[str, str | dt.date | None]:
    """What the entry says, or where it is silent, what the page states."""
    page = {
        "title": stated.title,
        "published": stated.published,
        "publisher": None,
        "agency": stated.agency,
        "author": stated.author,
        "dateline": stated.dateline,
        "url": stated.url,
    }
    return {key: source.facts.get(key, found.value if found else None) for key, found in page.items()}


def _rights(stated: Metadata) -> Rights:
    holder, statement = stated.holder, stated.statement
    return Rights(str(holder.value) if holder else None, str(statement.value) if statement else None)


def _doubts(source: Source, stated: Metadata) -> Iterator[Problem]:
    """W101 for each fact that the page states in other words than the entry."""
    for key, value in source.facts.items():
        found = getattr(stated, key, None)
        if value is not None and found is not None and found.value != value:
            place = Place(file="articles/sources.yaml", line=source.line, doc_id=source.doc_id)
            yield STATED_OTHERWISE.at(place, f"{key}: {value} here, {found.value} in line {found.line} of the page")


def _unproven(source: Source, document: Document, stated: Metadata) -> Iterator[Problem]:
    """E111 for a date of publication that neither the page states nor evidence supports, or that is not the one it should be."""
    place = Place(file="articles/sources.yaml", line=source.line, doc_id=source.doc_id)
    if document.published and stated.published is None and "published" not in source.evidence:
        yield NOT_STATED.at(place, f"published {document.published}")
    if document.dated_by == "published" and document.dated != document.published:
        yield NOT_STATED.at(place, f"dated {document.dated} by publication, published {document.published or 'unknown'}")


def _personal(document: Document, place: Place) -> Iterator[Problem]:
    """E221 for each e-mail address and telephone number in the text or in what is said of it; what was found is not repeated."""
    for contact in contacts(document.text):
        hidden = document.text[: contact.start] + "…" * (contact.end - contact.start) + document.text[contact.end :]
        context = excerpt(hidden, contact.start, contact.end)
        where = Place(place.file, 0, document.doc_id, "", contact.start, contact.end, context)
        yield CONTACT.at(where, contact.kind)
    facts = {key: getattr(document, key) for key in ("title", "publisher", "agency", "author", "dateline")}
    for key, value in (facts | {"rights.holder": document.rights.holder, "rights.statement": document.rights.statement}).items():
        for contact in contacts(value or ""):
            yield CONTACT.at(place, f"{contact.kind} in {key}", remedy=f"Give {key} in sources.yaml without it, or null.")
