"""`croissant.json`: the release for machines that look for data sets, in Croissant 1.1 with the RAI 1.0 vocabulary.

The vocabulary is that of the specifications (docs.mlcommons.org/croissant), written as plain JSON: `mlcroissant` is needed to read it, not
to make it. Each config is a record set over a file set whose path is relative to this file, so that any copy of the folder can be read.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from eventbank.corpus import Settings
from eventbank.release.content import AGREEMENT, Release
from eventbank.release.manifest import entries
from eventbank.tables import ANNOTATIONS, DOCUMENTS, SPLITS, Column, Table

CROISSANT = "croissant.json"
CONFORMS_TO = ("http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0")
PARQUET = "application/x-parquet"
Json = dict[str, Any]

_PLAIN = (
    "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field", "fileObject", "fileProperty", "fileSet",
    "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex",
    "repeated", "replace", "samplingRate", "separator", "source", "subField", "transform",
)  # fmt: skip
CONTEXT: Json = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    "description": {"@container": "@language"},
    **{name: f"cr:{name}" for name in _PLAIN},
}
"""The context that the specification prescribes; readers warn of any other."""

TYPES = {pa.string(): "sc:Text", pa.bool_(): "sc:Boolean", pa.date32(): "sc:Date", pa.float64(): "sc:Float"}
SPLIT_TYPES = {
    split: f"http://mlcommons.org/croissant/{name}Split" for split, name in zip(SPLITS, ("Training", "Validation", "Test"), strict=True)
}
ANSWERS = {
    "dataCollection": ("acquisition",),
    "dataCollectionMissingData": ("missing",),
    "dataCollectionRawData": ("raw",),
    "dataPreprocessingProtocol": ("processing",),
    "dataAnnotationProtocol": ("labels",),
    "annotatorDemographics": ("workers",),
    "personalSensitiveInformation": ("persons", "sensitive"),
    "dataUseCases": ("uses", "misuse"),
    "dataBiases": ("risks",),
    "dataSocialImpact": ("impact",),
    "dataReleaseMaintenancePlan": ("updates", "versions"),
}
"""The fields of RAI that questions of the datasheet ask for, and their keys there."""
_SPDX = re.compile(r"[A-Z][A-Za-z]*(-[A-Za-z0-9.]+)+")
"""How the identifiers of the SPDX list look that a corpus is likely to name: CC-BY-4.0, Apache-2.0."""


def croissant(release: Release, folder: Path) -> bytes:
    """`croissant.json` of a release whose tables lie in `folder`."""
    settings = release.settings
    metadata: Json = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": list(CONFORMS_TO),
        "name": settings.title,
        "alternateName": settings.repo,
        "description": settings.description.strip() or settings.title,
        "version": settings.version,
        "url": f"https://huggingface.co/datasets/{settings.repo}",
        "license": _license(settings),
        "creator": [{"@type": "sc:Organization", "name": name} for name in settings.maintainers],
        "datePublished": settings.date.isoformat() if settings.date else None,
        "inLanguage": settings.language,
        "keywords": ["event extraction", "event argument extraction", "coreference", "news"],
        "citeAs": settings.citation.strip() or f"{settings.title}, version {settings.version}",
        "isLiveDataset": False,
        **{f"rai:{name}": value for name, value in responsible(release).items()},
        "distribution": [
            *(_file(entry) for entry in entries(folder) if entry["path"].endswith(".parquet")),
            *(_file_set(table) for table in release.tables),
        ],
        "recordSet": [
            *(_vocabulary(kind, names) for kind, names in release.names.items() if names),
            *([_splits(release)] if release.tables else []),
            *(_record_set(table) for table in release.tables),
        ],
    }
    written = {key: value for key, value in metadata.items() if value not in (None, [], "")}
    return (json.dumps(written, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def responsible(release: Release) -> dict[str, Any]:
    """The RAI fields, without prefix: the answers of the datasheet, what follows from the data, and what holds for every corpus.

    Two names are written twice, as the specification and as mlcroissant 1.1 spell them.
    """
    settings = release.settings
    asked = {name: "\n\n".join(release.answers[key] for key in keys if key in release.answers) for name, keys in ANSWERS.items()}
    manipulation, timeframe = "None but line ends, which become LF: every span is the text at its offsets.", _timeframe(release)
    agreement = f" {AGREEMENT} has the agreement of the passes." if AGREEMENT in release.reports else ""
    found: dict[str, Any] = {
        **asked,
        "dataCollectionTimeframe": timeframe,
        "dataCollectionTimeFrame": timeframe,
        "dataImputationProtocol": "Nothing is imputed. `documents.dated_by` says where a date comes from that the page does not state.",
        "dataManipulationProtocol": manipulation,
        "dataDataManipulationProtocol": manipulation,
        "dataAnnotationPlatform": "Label Studio",
        "dataAnnotationAnalysis": f"Gold layer: {release.gold}.{agreement}",
        "annotationsPerItem": _passes(release),
        "machineAnnotationTools": settings.label_note if settings.label_creators == "machine-generated" else "",
        "dataLimitations": [
            *settings.limits,
            "Near duplicates are found by shared words; paraphrases and translations of one story can stand in two splits.",
        ],
    }
    return {name: value for name, value in found.items() if value}


def _license(settings: Settings) -> str:
    """The licence of the labels as a link to the SPDX list, where it is one of its names, and where the rights in the texts stand."""
    named = settings.label_license or settings.license
    link = f"https://spdx.org/licenses/{named}.html" if _SPDX.fullmatch(named) else named
    return link if settings.license == named else f"Labels: {link}. Texts: `documents.rights` has what each page states."


def _timeframe(release: Release) -> list[str]:
    """The first and the last day of the articles."""
    dates = [date for part in release.tables.get(DOCUMENTS, {}).values() for date in part["dated"].to_pylist()]
    return [min(dates).isoformat(), max(dates).isoformat()] if dates else []


def _passes(release: Release) -> str:
    """How many annotators labelled a document, adjudication not counted: "1", or "1 to 3"."""
    passes = (pc.field("node") == "annotation") & (pc.field("layer") == "pass")
    found = [part.filter(passes)["doc_id"].to_pylist() for part in release.tables.get(ANNOTATIONS, {}).values()]
    count = Counter(doc_id for ids in found for doc_id in ids).values()
    return "" if not count else str(min(count)) if min(count) == max(count) else f"{min(count)} to {max(count)}"


def _file(entry: Mapping[str, Any]) -> Json:
    return {
        "@type": "cr:FileObject",
        "@id": entry["path"],
        "name": entry["path"],
        "contentUrl": entry["path"],
        "contentSize": f"{entry['size']} B",
        "encodingFormat": PARQUET,
        "sha256": entry["sha256"],
    }


def _file_set(table: Table) -> Json:
    """A file set that is contained in nothing: readers look for its files beside croissant.json."""
    return {
        "@type": "cr:FileSet",
        "@id": f"{table.name}-files",
        "name": f"{table.name}-files",
        "description": f"The Parquet files of {table.name}.",
        "encodingFormat": PARQUET,
        "includes": f"{table.name}/*.parquet",
    }


def _vocabulary(kind: str, names: Sequence[str]) -> Json:
    field = {"@type": "cr:Field", "@id": f"{kind}/name", "name": "name", "description": "The name.", "dataType": "sc:Text"}
    return {
        "@type": "cr:RecordSet",
        "@id": kind,
        "name": kind,
        "description": f"The {kind.replace('_', ' ')} in the order of their class labels.",
        "dataType": "sc:Enumeration",
        "key": {"@id": f"{kind}/name"},
        "field": [field],
        "data": [{f"{kind}/name": name} for name in names],
    }


def _splits(release: Release) -> Json:
    present = [split for split in SPLITS if any(split in parts for parts in release.tables.values())]
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "description": "The primary splits, by date.",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [
            {"@type": "cr:Field", "@id": "splits/name", "name": "name", "description": "The name.", "dataType": "sc:Text"},
            {"@type": "cr:Field", "@id": "splits/url", "name": "url", "description": "What it is for.", "dataType": "sc:URL"},
        ],
        "data": [{"splits/name": split, "splits/url": SPLIT_TYPES[split]} for split in present],
    }


def _record_set(table: Table) -> Json:
    deep = any(field.many for column in table.columns if column.many for field in column.fields)
    aside = " mlcroissant cannot read it, for it has lists in lists; `mentions` and `arguments` have the same labels, flat." if deep else ""
    key = [column.name for column in table.columns if column.unique]
    fields = [_field(column, table, f"{table.name}/{column.name}", ()) for column in table.columns if column.name != "split"]
    pattern = f"{table.name}/({'|'.join(SPLITS)})-.+\\.parquet$"  # so plain because mlcroissant makes a glob of it to read one split only
    source = {"fileSet": {"@id": f"{table.name}-files"}, "extract": {"fileProperty": "fullpath"}, "transform": {"regex": pattern}}
    split = {"@type": "cr:Field", "@id": f"{table.name}/split", "name": "split", "dataType": "sc:Text", "source": source}
    fields.append(split | {"description": "Primary split, by date: the first word of the file's name."})
    return {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": f"A record is {table.row}.{aside}",
        **({"key": {"@id": f"{table.name}/{key[0]}"}} if key else {}),
        "field": fields,
    }


def _field(column: Column, table: Table, name: str, path: tuple[str, ...]) -> Json:
    """A column as a field. Fields of a struct take their value by a JSON path inside the outer column, which `path` begins with."""
    here = (*path, column.name)
    field: Json = {"@type": "cr:Field", "@id": name, "name": column.name, "description": column.about}
    if column.many:
        field |= {"isArray": True, "arrayShape": "-1"}
    if column.fields:
        return field | {"subField": [_field(one, table, f"{name}/{one.name}", here) for one in column.fields]}
    transform = {"transform": {"jsonPath": ".".join(here[1:])}} if path else {}
    source = {"fileSet": {"@id": f"{table.name}-files"}, "extract": {"column": here[0]}, **transform}
    return field | {"dataType": TYPES.get(column.arrow_type if not column.many else column.type, "sc:Integer"), "source": source}
