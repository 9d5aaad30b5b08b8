"""The tables of a release: one definition of every column, from which everything else is made.

A `Table` is a config of the dataset. Its columns carry name, Arrow type, description and vocabulary once; the Arrow schema, the
features in the card, the checks of `pandera` and the table in the documentation all come from here. Offsets are int32 code points
(or tokens, where the description says so), labels are strings, and a vocabulary only says how the card declares them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from eventbank.crosswalk import CAMEO, PLOVER
from eventbank.document import ZONE_KINDS

SPLITS = ("train", "validation", "test")
HELD = "held"
"""The split of a document that is in no split: it bridges two of them or lies in the embargo."""

PARQUET: Mapping[str, Any] = {
    "version": "2.6",
    "data_page_version": "1.0",
    "compression": "zstd",
    "compression_level": 9,
    "use_dictionary": True,
    "write_statistics": True,
    "write_page_index": True,
    "use_content_defined_chunking": True,
    "store_schema": True,
}
"""How every Parquet file is written. Content-defined chunking makes the bytes independent of how rows are chunked in memory, and lets a
store that splits files by content keep what two versions share."""

NODES = ("file", "task", "annotation", "draft", "prediction", "result", "record")


@dataclass(frozen=True)
class Column:
    """A column or a field of a struct.

    `type` is an Arrow type for a leaf, or a tuple of fields for a struct; `many` makes it a list of that. `names` is a closed list of
    values, or the name of a list of the ontology ("event_types", "entity_types", "value_types", "mention_types", "span_types",
    "roles", "levels", or an attribute) when the ontology decides. `label` declares it as a class label in the card.
    """

    name: str
    type: pa.DataType | tuple[Column, ...]
    about: str
    many: bool = False
    null: bool = False
    names: str | tuple[str, ...] = ()
    label: bool = False
    unique: bool = False
    matches: str = ""

    @property
    def arrow_type(self) -> pa.DataType:
        """The Arrow type of the whole column, lists and structs included."""
        inner = self.type if isinstance(self.type, pa.DataType) else pa.struct([field.arrow_field for field in self.type])
        return pa.list_(inner) if self.many else inner

    @property
    def arrow_field(self) -> pa.Field:
        """The Arrow field: every field may be null for Arrow, because that is what `datasets` writes and reads."""
        return pa.field(self.name, self.arrow_type)

    @property
    def fields(self) -> tuple[Column, ...]:
        """The fields of a struct or of a list of structs; empty for a leaf."""
        return () if isinstance(self.type, pa.DataType) else self.type


@dataclass(frozen=True)
class Table:
    """A config of the dataset: what a row is, its columns, and the key that orders the rows."""

    name: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, without metadata."""
        return pa.schema([column.arrow_field for column in self.columns])

    def table(self, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
        """The rows as Arrow, in the order of the key (nulls first)."""
        ordered = sorted(rows, key=lambda row: [(row[name] is not None, row[name]) for name in self.key])
        return pa.Table.from_pylist([dict(row) for row in ordered], schema=self.schema)

    def walk(self) -> Iterator[tuple[str, Column]]:
        """Every column and every field of a struct, with its dotted path, in order."""

        def inside(prefix: str, columns: Sequence[Column]) -> Iterator[tuple[str, Column]]:
            for column in columns:
                yield prefix + column.name, column
                yield from inside(f"{prefix}{column.name}.", column.fields)

        return inside("", self.columns)


S, N, B, D = pa.string(), pa.int32(), pa.bool_(), pa.date32()

_DOC_ID = Column("doc_id", S, "Document: the name of its raw file without the suffix.", matches=r"^[A-Za-z0-9._-]+$")
_SPAN = (
    Column("start", N, "First code point."),
    Column("end", N, "Code point after the last."),
    Column("text", S, "The text between them."),
)
_ATTRIBUTES = (
    Column("polarity", S, "Whether the event is said to happen or not to happen.", names="polarity"),
    Column("tense", S, "When it happens, seen from the document's date.", names="tense"),
    Column("modality", S, "How it is put forward.", names="modality"),
    Column("realis", S, "Actual, Generic or Other, by the ontology's rule over the three attributes.", names="realis"),
)
_FILLER = (
    Column("role", S, "Role in the event.", names="roles", label=True),
    Column("kind", S, "What fills it: a mention or another event.", names=("mention", "event")),
    Column("ref_id", S, "Its `mention_id`, or its `event_id` (the span is then that event's trigger)."),
)

DOCUMENTS = Table(
    "documents",
    "a document without labels",
    (
        Column("doc_id", S, _DOC_ID.about, unique=True, matches=_DOC_ID.matches),
        Column("title", S, "Headline.", null=True),
        Column("text", S, "Body, cross-headings and dateline, joined by blank lines; all offsets point into it."),
        Column("language", S, "BCP 47 tag."),
        Column("published", D, "Date of publication as the page states it.", null=True),
        Column("dated", D, "Date that orders the splits."),
        Column("dated_by", S, "Where `dated` comes from.", names=("published", "text", "curator")),
        Column("publisher", S, "Who published the page.", null=True),
        Column("agency", S, "News agency that supplied the text.", null=True),
        Column("author", S, "Byline.", null=True),
        Column("dateline", S, "Place in the dateline.", null=True),
        Column("url", S, "Address of the page.", null=True),
        Column(
            "rights",
            (
                Column("holder", S, "Who claims the rights.", null=True),
                Column("statement", S, "The claim in the page's words.", null=True),
                Column("redistribute", B, "Whether the page allows the text to be passed on."),
            ),
            "Rights in the text.",
        ),
        Column("raw_name", S, "File in `articles/`."),
        Column("raw_sha256", S, "SHA-256 of that file.", matches="^[0-9a-f]{64}$"),
        Column("text_sha256", S, "SHA-256 of `text` in UTF-8; labels are bound to it.", matches="^[0-9a-f]{64}$"),
        Column(
            "zones",
            (
                Column("kind", S, "What the part of the page is.", names=ZONE_KINDS),
                Column("raw_start", N, "First code point in the decoded raw page."),
                Column("raw_end", N, "Code point after the last."),
            ),
            "The parts of the raw page.",
            many=True,
        ),
        Column(
            "alignment",
            (
                Column("start", N, "First code point in `text`."),
                Column("raw_start", N, "First code point in the decoded raw page."),
                Column("length", N, "Code points in both."),
            ),
            "Where each piece of `text` stands in the raw page.",
            many=True,
        ),
        Column("story_id", S, "Story cluster: the smallest `doc_id` in it when it was frozen."),
        Column("split", S, "Primary split, by date.", names=(*SPLITS, HELD)),
        *(Column(f"split_{n}", S, f"Secondary split {n}, random by story.", names=(*SPLITS, HELD)) for n in range(1, 6)),
    ),
    ("doc_id",),
)

EVENTS = Table(
    "events",
    "a document with its gold layer",
    (
        Column("doc_id", S, _DOC_ID.about, unique=True, matches=_DOC_ID.matches),
        Column("title", S, "Headline.", null=True),
        Column("dated", D, "Date that orders the splits."),
        Column("text", S, "The text that all offsets point into."),
        Column("sentences", _SPAN[:2], "Sentences in order.", many=True),
        Column(
            "entities",
            (
                Column("entity_id", S, "The entity: a coreference chain."),
                Column("type", S, "Entity type.", names="entity_types", label=True),
                Column(
                    "mentions",
                    (
                        Column("mention_id", S, "The mention."),
                        *_SPAN,
                        Column("level", S, "NAM (name), NOM (noun phrase) or PRO (pronoun).", names="levels"),
                    ),
                    "Its mentions in order.",
                    many=True,
                ),
            ),
            "Entities with their mentions.",
            many=True,
        ),
        Column(
            "values",
            (
                Column("mention_id", S, "The mention."),
                Column("type", S, "Value type.", names="value_types", label=True),
                *_SPAN,
                Column("normalized", S, "Its normalised form.", null=True),
            ),
            "Times and quantities.",
            many=True,
        ),
        Column(
            "events",
            (
                Column("event_id", S, "The event mention."),
                Column("chain_id", S, "The happening that it is a mention of."),
                Column("type", S, "Event type.", names="event_types", label=True),
                Column("trigger", _SPAN, "The expression that names it."),
                *_ATTRIBUTES,
                Column("arguments", (*_FILLER, *_SPAN), "Its arguments.", many=True),
            ),
            "Event mentions in order.",
            many=True,
        ),
    ),
    ("doc_id",),
)

MENTIONS = Table(
    "mentions",
    "a gold mention or trigger",
    (
        _DOC_ID,
        Column("mention_id", S, "Number of the span in the document.", unique=True),
        Column("kind", S, "What the span names.", names=("entity", "value", "trigger")),
        Column("type", S, "Entity, value or event type.", names="span_types"),
        *_SPAN,
        Column("level", S, "Level of an entity mention.", null=True, names="levels"),
        Column("normalized", S, "Normalised form of a value.", null=True),
        Column("chain_id", S, "Entity of an entity mention, happening of a trigger.", null=True),
        Column("event_id", S, "Event of a trigger.", null=True),
        *(Column(one.name, S, f"{one.about[:-1]} (triggers).", null=True, names=one.names) for one in _ATTRIBUTES),
        Column("ace", S, "ACE 2005 type of a trigger's event, with the subtype where that is certain.", null=True),
        Column("plover", S, "PLOVER category of a trigger's event.", null=True, names=PLOVER),
        Column("plover_mode", S, "PLOVER mode of a trigger's event.", null=True),
        Column("cameo", S, "CAMEO root code of a trigger's event.", null=True, names=CAMEO),
        Column("sentence", N, "Index of the sentence in which the span begins."),
    ),
    ("doc_id", "start", "end", "type"),
)

ARGUMENTS = Table(
    "arguments",
    "a gold argument",
    (
        _DOC_ID,
        Column("event_id", S, "The event."),
        Column("event_type", S, "Its type.", names="event_types", label=True),
        Column("trigger_start", N, "First code point of its trigger."),
        Column("trigger_end", N, "Code point after the trigger."),
        *_FILLER,
        *_SPAN,
    ),
    ("doc_id", "trigger_start", "trigger_end", "event_type", "role", "start", "end", "ref_id"),
)

_TOKENS = (
    Column("text", S, "The text of the span."),
    Column("start", N, "First token."),
    Column("end", N, "Token after the last."),
)

SENTENCES = Table(
    "sentences",
    "a sentence with its events, in the fields of a TextEE record",
    (
        _DOC_ID,
        Column("wnd_id", S, "The sentence: `{doc_id}-{index}`.", unique=True),
        Column("start", N, "First code point of the sentence in the document."),
        Column("end", N, "Code point after the last."),
        Column("text", S, "The document's own text between them."),
        Column("lang", S, "BCP 47 tag."),
        Column("tokens", S, "Tokens: substrings of the text in order.", many=True),
        Column(
            "entity_mentions",
            (
                Column("id", S, "`mention_id`."),
                Column("entity_type", S, "Entity or value type.", names="mention_types"),
                *_TOKENS,
            ),
            "Entity and value mentions.",
            many=True,
        ),
        Column(
            "event_mentions",
            (
                Column("id", S, "`event_id`."),
                Column("event_type", S, "Event type.", names="event_types", label=True),
                Column("trigger", _TOKENS, "The expression that names it."),
                Column(
                    "arguments",
                    (
                        Column("entity_id", S, "`id` in `entity_mentions`."),
                        Column("role", S, "Role in the event.", names="roles", label=True),
                        *_TOKENS,
                    ),
                    "Arguments that are mentions in the same sentence.",
                    many=True,
                ),
            ),
            "Event mentions.",
            many=True,
        ),
    ),
    ("doc_id", "start"),
)

LAYERS = ("pass", "gold", "draft", "prediction")
"""Which list of its task an annotation belongs to, and whether it is adjudicated: `gold` comes from a file named gold.json."""

ANNOTATIONS = Table(
    "annotations",
    "a node of a Label Studio export",
    (
        Column("doc_id", S, "Document that the task names.", null=True),
        Column("annotator", S, "Pseudonym of whoever made the annotation or draft.", null=True),
        Column("layer", S, "Kind of annotation; null for file and task.", null=True, names=LAYERS),
        Column("node", S, "What the row is; `record` is a member of the file that is no task.", names=NODES),
        Column("source", S, "Name of the export file."),
        Column("task", N, "Position of the task in the file.", null=True),
        Column("entry", N, "Position of the annotation, draft or prediction in its list.", null=True),
        Column("result", N, "Position of the result in the annotation.", null=True),
        Column("id", pa.int64(), "`id`, where it is a number.", null=True),
        Column("region", S, "`id`, where it is a string; results of one region share it.", null=True),
        Column("from_name", S, "Control.", null=True),
        Column("to_name", S, "Object that was labelled.", null=True),
        Column("type", S, "Type of result: labels, choices, textarea, relation…", null=True),
        Column("origin", S, "Whether a person or a model made the region.", null=True),
        Column("start", N, "`value.start`: first code point, as Label Studio counts.", null=True),
        Column("end", N, "`value.end`: code point after the last.", null=True),
        Column(
            "offset_unit",
            S,
            "What `start` and `end` count, where the text tells: the regions of the annotation fit in this unit only.",
            null=True,
            names=("code point", "utf16"),
        ),
        Column("text", S, "`value.text` as Label Studio wrote it, no slice of the text.", null=True),
        Column("labels", S, "`value.labels` of a region, `labels` of a relation.", many=True, null=True),
        Column("choices", S, "`value.choices`.", many=True, null=True),
        Column("answers", S, "`value.text` of a text area.", many=True, null=True),
        Column("from_id", S, "Region where a relation begins.", null=True),
        Column("to_id", S, "Region where it ends.", null=True),
        Column("direction", S, "Direction of a relation: right, left or bi.", null=True),
        Column("was_cancelled", B, "Whether the annotator skipped the task.", null=True),
        Column("ground_truth", B, "Whether it is marked as ground truth.", null=True),
        Column("lead_time", pa.float64(), "Seconds spent.", null=True),
        Column("score", pa.float64(), "Score of a prediction or region.", null=True),
        Column("model_version", S, "Model of a prediction.", null=True),
        Column("unique_id", S, "UUID of an annotation.", null=True),
        Column("import_id", pa.int64(), "Id that an annotation had before it was imported.", null=True),
        Column("created_at", S, "Time of creation as the server wrote it.", null=True),
        Column("updated_at", S, "Time of the last change as the server wrote it.", null=True),
        Column("keys", S, "Keys of the node in order, escaped as in JSON.", many=True),
        Column("value_keys", S, "Keys of its `value` in order, where that is an object.", many=True, null=True),
        Column("rest", S, "JSON of the fields that no column holds, under `value` those of its value.", null=True),
    ),
    ("source", "task", "layer", "entry", "result"),
)

TABLES = (EVENTS, DOCUMENTS, MENTIONS, ARGUMENTS, SENTENCES, ANNOTATIONS)
"""The configs of a release in their order."""
