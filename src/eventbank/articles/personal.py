"""Personal contact data in a text: e-mail addresses and telephone numbers.

News is full of numbers, so a telephone number must have the shape of one (with `+`, an area code, or a national prefix), or the
word for it before it. Every pattern matches a bounded number of code points, so the time taken grows with the text alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from eventbank.errors import Code

CONTACT = Code(
    "E221",
    "an e-mail address or telephone number is in the kept text",
    "Mark its line in sources.yaml, under zones, with another kind (bio, credit, imprint), so that it is not released.",
)

_AT = r" ?[\[({<] ?(?:at|AT|At|@) ?[\])}>] ?"
_DOT = r" ?[\[({<] ?(?:dot|DOT|Dot|\.) ?[\])}>] ?"
_HOST = r"[^\W_](?:[\w-]{0,62})"
_TOP = r"(?:com|org|net|edu|gov|info|[a-z]{2})"

EMAIL = re.compile(
    rf"(?<![\w.%+@-])[\w][\w.%+'-]{{0,63}}(?:@{_HOST}(?:\.{_HOST}){{0,6}}\.[^\W\d_]{{2,24}}"
    rf"|{_AT}{_HOST}(?:(?:\.|{_DOT}){_HOST}){{1,6}}"
    rf"| (?:at|AT) (?!(?:the|a|this|that|our|his|her|their) ){_HOST}(?: (?:dot|DOT) {_HOST}){{0,3}} (?:dot|DOT) {_TOP})(?![\w@])"
)

_GAP = r"[ .\xa0‐‑–-]"
"""What separates the groups of a telephone number."""

_SHAPES = (
    r"\+\d(?:[ .()\xa0‐‑–-]{0,2}\d){7,14}",
    rf"00 ?[1-9]\d{{0,2}}(?:{_GAP}\(?\d{{1,4}}\)?){{2,5}}",
    # North America: separated, so that an identifier of ten digits is none; the exchange never begins with 0 or 1.
    r"(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[.‐‑–-])[2-9]\d\d[ .‐‑–-]\d{4}",
    # Korea, Japan, Britain and others: a trunk prefix 0 with the area, then two groups; (02) 727-0114, 010-1234-5678, 020 7946 0958.
    rf"\(?0[1-9]\d{{0,3}}\)?{_GAP}{{1,2}}\d{{2,4}}{_GAP}\d{{3,4}}",
    r"01\d{8,9}",
    r"0[1-9](?:[ .]\d\d){4}",
    r"1[3-9]\d[ -]\d{4}[ -]\d{4}",
)
TELEPHONE = re.compile(rf"(?<![\w.,$€£¥₩#%/+‐‑–-])(?:{'|'.join(_SHAPES)})(?!\w|[.,:/‐‑–-]\d|%)")

LABELLED = re.compile(
    r"(?i:\b(?:tel|telephone|phone|mobile|cell|cellphone|fax|hotline|whatsapp|kakaotalk)\.?(?: (?:number|no)\.?)?(?: is)?[ :]{1,3}"
    r"|\bcall (?:us |me |him |her |them )?(?:at |on )?|\bdial )(\(?\d(?:[ .()‐‑–-]{0,2}\d){6,14})(?!\w|[.,:/‐‑–-]\d|%)"
)
NO_NUMBER = re.compile(r"(?:19|20)\d\d[-.–/ ](?:(?:19|20)?\d\d)(?:[-./ ]\d\d)?(?: \d\d)?|\d{1,4} \((?:19|20)\d\d")
"""A date, a range of years, or the number and year of a resolution: never a telephone number, whatever stands before it."""

FEWEST = 7
BARE = 10
"""The fewest digits of a telephone number, and of one without any separator."""


@dataclass(frozen=True, order=True)
class Contact:
    """Contact data: code points `[start, end)` of the text, and what they are, `email` or `telephone`."""

    start: int
    end: int
    kind: str


def contacts(text: str) -> list[Contact]:
    """The e-mail addresses and telephone numbers in a text, in their order; none overlaps another."""
    found = _emails(text) + _telephones(text)
    found.sort()
    kept: list[Contact] = []
    for contact in found:
        if not kept or contact.start >= kept[-1].end:
            kept.append(contact)
    return kept


def _emails(text: str) -> list[Contact]:
    if "@" not in text and " at " not in text and not re.search(r"(?i)[\[({<] ?at ?[\])}>]| AT ", text):
        return []
    return [Contact(match.start(), match.end(), "email") for match in EMAIL.finditer(text)]


def _telephones(text: str) -> list[Contact]:
    found = [match.span() for match in TELEPHONE.finditer(text) if _is_number(match[0])]
    found += [match.span(1) for match in LABELLED.finditer(text) if not NO_NUMBER.fullmatch(match[1])]
    return [Contact(start, end, "telephone") for start, end in found]


def _is_number(text: str) -> bool:
    digits = sum(char.isdigit() for char in text)
    separated = digits < len(text.lstrip("+"))
    if text[0] not in "+(" and text[:2] != "00" and text[0] == "0" and digits not in (9, 10, 11):
        return False
    return digits >= (FEWEST if separated else BARE)
