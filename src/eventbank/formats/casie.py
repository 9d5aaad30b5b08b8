"""CASIE: cyber-security events in news, one JSON file for each document; only read.

Offsets are code points into `content`, half open. In some documents all are off by one (10093, for one); that is found and reported.
A hopper holds the mentions of one event. Event types are `Type.Subtype`; what fills a role is a mention with a type, no entity.
https://github.com/Ebiquity/CASIE
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any

from eventbank.errors import Place, Problem
from eventbank.formats.draft import Draft, Filled, Labelled, settle
from eventbank.formats.records import wholes
from eventbank.formats.sample import UNHELD, Files, Options, Sample

_SPAN = {"index": str, "startOffset": int, "endOffset": int, "text": str}
SHAPE = {
    "content": str,
    "sourcefile?": str,
    "info?": {"title?": str, "date?": str, "link?": str},
    "cyberevent": {
        "hopper": [
            {
                "events": [
                    {
                        "index": str,
                        "type": str,
                        "subtype?": str,
                        "realis?": str,
                        "nugget": _SPAN,
                        "argument?": [_SPAN | {"type": str, "role": {"type": str}}],
                    }
                ]
            }
        ]
    },
}


def load(files: Files, options: Options) -> Iterator[Sample | Problem]:
    """The samples of some documents. References of arguments to a knowledge base have no place in a layer (W728, one for each document)."""
    for found in wholes(files, SHAPE):
        if isinstance(found, Problem):
            yield found
            continue
        place, record = found
        hoppers = [hopper["events"] for hopper in record["cyberevent"]["hopper"]]
        events = [event for hopper in hoppers for event in hopper]
        linked = sum("external_reference" in filler for event in events for filler in event.get("argument") or ())
        if linked:
            yield UNHELD.at(place, f"{linked} external references of arguments")
        yield from settle(_draft(record, hoppers, place, options), options)


def _draft(record: Any, hoppers: Sequence[Sequence[Any]], place: Place, options: Options) -> Draft:
    info = record.get("info") or {}
    published = None
    with suppress(ValueError):
        published = dt.datetime.strptime(info.get("date") or "", "%Y_%m_%d").date()
    spans: dict[str, Labelled] = {}
    arguments = []
    for event in (event for hopper in hoppers for event in hopper):
        nugget = event["nugget"]
        name = ".".join(part for part in (event["type"], event.get("subtype")) if part)
        where = (nugget["startOffset"], nugget["endOffset"], nugget["text"])
        spans[event["index"]] = Labelled(event["index"], "event", name, *where, realis=event.get("realis") or "")
        for filler in event.get("argument") or ():
            kind = filler["type"]
            where = (filler["startOffset"], filler["endOffset"], filler["text"])
            spans.setdefault(filler["index"], Labelled(filler["index"], "value" if kind in options.values else "entity", kind, *where))
            arguments.append(Filled(event["index"], filler["role"]["type"], filler["index"]))
    doc_id = PurePosixPath(record.get("sourcefile") or place.file).stem
    chains = [[event["index"] for event in hopper] for hopper in hoppers]
    title, url = info.get("title") or None, info.get("link") or None
    return Draft(doc_id, record["content"], place.file, place.line, list(spans.values()), arguments, chains, None, title, published, url)
