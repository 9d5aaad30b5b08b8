"""Ids of documents from whatever names them."""

from __future__ import annotations

import hashlib
import re

_OTHER = re.compile(r"[^A-Za-z0-9._-]+")
LONGEST = 120
"""Characters of an id; file systems take 255 bytes, and ids are parts of file names and of other ids."""


def id_of(name: str) -> str:
    """The `doc_id` for a name: the name itself where it is one.

    Anything else keeps its letters and digits and gets 8 hexadecimal digits of its SHA-256, so that two names never share an id.
    """
    if 0 < len(name) <= LONGEST and not _OTHER.search(name) and name.strip("."):
        return name
    shown = _OTHER.sub("-", name).strip("-.")[: LONGEST - 9].rstrip("-.")
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{shown}-{mark}" if shown else mark


def id_of_path(path: str) -> str:
    """The id for a file: its path below the folder that was given, without suffixes that readers know, folders joined by dots."""
    stem = re.sub(r"(?i)(?:\.(?:txt|text|html?|xhtml))?(?:\.(?:gz|bz2|xz|zst))?$", "", path.strip("/"))
    return id_of(stem.replace("/", "."))
