"""The formats by name, with what each loses."""

from __future__ import annotations

from dataclasses import dataclass

from eventbank.formats import brat, casie
from eventbank.formats.sample import Dump, Load

_DOCUMENT = frozenset({"title", "published", "url", "language", "status"})


@dataclass(frozen=True)
class Format:
    """A format: its name on the command line, whose it is, the files of an export, and the aspects (`losses.ASPECTS`) that it may lose.

    `dump` is None for a format that is only read.
    """

    name: str
    about: str
    files: str
    load: Load
    dump: Dump | None = None
    loses: frozenset[str] = frozenset()


FORMATS = {
    one.name: one
    for one in (
        Format("brat", "brat standoff", "an `.ann` and a `.txt` for each document", brat.load, brat.dump, _DOCUMENT),
        Format("casie", "CASIE", "a `.json` for each document", casie.load),
    )
}
