"""Gamma: agreement on where the spans are and on what they are at once (Mathet, Widlöcher and Métivier 2015).

Gamma aligns the spans of two annotators at the least cost and sets that cost against the cost of spans thrown at random. So it is a
sampled figure, and the package `pygamma-agreement` (the extra `gamma`) brings a compiler and solvers of 600 MB. It is computed
once, by `eventbank agree --gamma`, with a fixed seed, into `annotations/gamma.yaml`; `build` only reads that file.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml

from eventbank import yamlfile
from eventbank.errors import Code, EventBankError, Place, Problem, raise_errors
from eventbank.files import write_atomic
from eventbank.layer import Event, Layer, Mention, numbered

NO_GAMMA = Code("E464", "the package pygamma-agreement is not installed", "Install the extra: pip install 'eventbank[gamma]'.")
OLD_GAMMA = Code("W465", "gamma was computed of other labels than there are", "Run eventbank agree --gamma, or remove the file.")

FILE = "annotations/gamma.yaml"
SEED = 20150901
SAMPLES = 30
COSTS = {"alpha": 1, "beta": 1, "delta_empty": 1}
"""Weight of the distance of two spans, weight of a difference of their types, cost of a span without a counterpart."""

KINDS = ("events", "entities", "values")
"""Triggers with their event types; mentions of entities and values with theirs."""


def measure(layers: Iterable[Layer]) -> dict[str, Any]:
    """Gamma of each pair of annotators on each document that both labelled, and the mean over documents.

    A unit is a span in code points with its type. A document where one of them has no span of a kind has no gamma for it (null).

    Args:
        layers: one for each annotator and document.

    Returns:
        What stands in `annotations/gamma.yaml`, figures rounded to 4 decimals.

    Raises:
        EventBankError: E464 without the extra.
    """
    made = sorted((numbered(layer) for layer in layers), key=lambda layer: (layer.doc_id, layer.annotator))
    by_document: dict[str, dict[str, Layer]] = {}
    for layer in made:
        by_document.setdefault(layer.doc_id, {})[layer.annotator] = layer
    pairs = sorted({pair for group in by_document.values() for pair in combinations(sorted(group), 2)})
    found = []
    for one, other in pairs:
        both = {doc_id: (group[one], group[other]) for doc_id, group in by_document.items() if one in group and other in group}
        figures = {kind: {doc_id: _gamma(pair, kind) for doc_id, pair in both.items()} for kind in KINDS}
        found.append(
            {"annotators": [one, other], **{kind: {"mean": _mean(values), "documents": values} for kind, values in figures.items()}}
        )
    method = {"package": f"pygamma-agreement {version('pygamma-agreement')}", "samples": SAMPLES, "seed": SEED, **COSTS} if found else {}
    return {"labels": digest(made), "method": method, "pairs": found}


def write(path: Path, found: Mapping[str, Any]) -> None:
    """Writes what `measure` found."""
    head = "# Written by eventbank agree --gamma; not edited by hand.\n"
    write_atomic(path, (head + yaml.safe_dump(dict(found), sort_keys=False, allow_unicode=True, width=120)).encode("utf-8"))


def read(path: Path, layers: Iterable[Layer]) -> tuple[dict[str, Any] | None, list[Problem]]:
    """What the file says of these labels, without their digest; None and W465 if it is of others, None without a file.

    Raises:
        EventBankError: E001 or E002 for a file of another shape.
    """
    if not path.exists():
        return None, []
    root = yamlfile.load(path, FILE)
    root.only(("labels", "method", "pairs"))
    labels = root.get("labels").text(required=True)
    for pair in root.get("pairs").items():
        pair.only(("annotators", *KINDS))
    raise_errors(root.problems)
    if labels != digest(numbered(layer) for layer in layers):
        return None, [OLD_GAMMA.at(Place(file=FILE))]
    return {key: root.value[key] for key in ("method", "pairs")}, []


def digest(layers: Iterable[Layer]) -> str:
    """SHA-256 of what layers say, whatever their order and source."""
    plain = [asdict(layer) | {"source": "", "status": ""} for layer in layers]
    lines = sorted(json.dumps(one, sort_keys=True, default=sorted) for one in plain)
    return hashlib.sha256("\n".join(lines).encode("ascii")).hexdigest()


def _gamma(pair: tuple[Layer, Layer], kind: str) -> float | None:
    units = [list(_units(layer, kind)) for layer in pair]
    if not all(units):
        return None
    try:
        import numpy as np
        from pyannote.core import Segment
        from pygamma_agreement import CombinedCategoricalDissimilarity, Continuum
    except ImportError:
        raise EventBankError(NO_GAMMA.at()) from None
    continuum = Continuum()
    for layer, spans in zip(pair, units, strict=True):
        for span in spans:
            continuum.add(layer.annotator, Segment(span.start, span.end), span.type)
    with _quiet():
        np.random.seed(SEED)  # the package draws from the global generator
        result = continuum.compute_gamma(CombinedCategoricalDissimilarity(**COSTS), n_samples=SAMPLES)
    return round(float(result.gamma), 4) + 0.0


def _units(layer: Layer, kind: str) -> Iterator[Event | Mention]:
    if kind == "events":
        yield from layer.events
    else:
        yield from (mention for mention in layer.mentions if mention.kind == ("entity" if kind == "entities" else "value"))


def _mean(values: Mapping[str, float | None]) -> float | None:
    known: Sequence[float] = [value for value in values.values() if value is not None]
    return round(sum(known) / len(known), 4) + 0.0 if known else None


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps the solver, which is C and writes to descriptor 1, from standard output, and the package's warning of it from the log."""
    sys.stdout.flush()
    kept, level = os.dup(1), logging.root.level
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 1)
        logging.root.setLevel(logging.ERROR)
        yield
    finally:
        os.dup2(kept, 1)
        logging.root.setLevel(level)
        os.close(kept)
        os.close(null)
