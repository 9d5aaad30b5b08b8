"""Bytes to text: UTF-8 first and strictly, then what is declared, then what charset-normalizer finds."""

from __future__ import annotations

import codecs
import re

from eventbank.errors import EventBankError
from eventbank.readers.record import NO_CHARSET

WIDER = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949",
    "shift_jis": "cp932", "big5": "big5hkscs", "tis-620": "cp874", "iso8859-11": "cp874",
}  # fmt: skip
"""What pages that declare a character set are really in, by https://encoding.spec.whatwg.org: a superset that browsers use for it.
`big5hkscs` and `gb18030` hold what Big5 and GB 2312 hold."""

KOREAN = {"ks_c_5601-1987", "ksc5601", "ks_c_5601", "korean", "windows-949", "x-windows-949"}
META = re.compile(
    rb"(?i)<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([a-z0-9_.:-]{2,40})"
    rb"|<\?xml[^>]{0,200}encoding=[\"']([a-z0-9_.:-]{2,40})"
)
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
SHIFTED = re.compile(rb"\x1b(?:\$[@B]|\$\(D|\([BJ]|\$\)C)")
"""The escapes of ISO 2022, whose bytes are all ASCII, so that they pass for UTF-8."""

SAMPLE = 100_000
"""Bytes from which charset-normalizer judges."""


def decode(data: bytes, declared: str | None = None, *, html: bool = False) -> tuple[str, str, str]:
    """The text of a page, the character set it was in, and how that is known: `strict`, `declared` or `guessed`.

    `declared` is what came with the page (an HTTP header); in HTML, what its head declares counts after that.

    Raises:
        EventBankError: E806 when nothing decodes the bytes.
    """
    for mark, name in BOMS:
        if data.startswith(mark):
            text = _decoded(data, name)
            if text is not None:
                return text.removeprefix("\ufeff"), "utf-8" if name == "utf-8-sig" else name, "strict"
    found = SHIFTED.search(data) if b"\x1b" in data else None
    if not found and (b"\x00" not in data or not _wide(declared)):
        text = _decoded(data, "utf-8")
        if text is not None:
            return text, "utf-8", "strict"
    inside = META.search(data[:4096]) if html else None
    labels = [declared, (inside[1] or inside[2]).decode("ascii") if inside else None]
    if found:
        labels.append("iso2022_kr" if b"$)C" in found[0] else "iso2022_jp_ext")
    for label in labels:
        known = canonical(label)
        text = _decoded(data, known) if known else None
        if known and text is not None:
            return text, known, "declared"
    return _guessed(data)


def canonical(label: str | None) -> str | None:
    """Python's name for the character set that a label means on the web; None for no label or one that Python does not know."""
    if not label:
        return None
    low = label.strip().strip("\"'").lower()
    try:
        name = codecs.lookup("cp949" if low in KOREAN else low).name
    except (LookupError, ValueError):
        return None
    wider = WIDER.get(name, name)
    return wider if getattr(codecs.lookup(wider), "_is_text_encoding", True) else None


def _wide(declared: str | None) -> bool:
    return (canonical(declared) or "").startswith(("utf-16", "utf-32"))


def _decoded(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except (UnicodeError, ValueError):
        return None


def _guessed(data: bytes) -> tuple[str, str, str]:
    from charset_normalizer import from_bytes

    best = from_bytes(data[:SAMPLE]).best()
    name = canonical(best.encoding) if best else None
    text = (_decoded(data, name) or _decoded(data, best.encoding)) if best and name else None
    if text is None or name is None:
        raise EventBankError(NO_CHARSET.at(None, f"{len(data)} bytes"))
    return text, name, "guessed"
