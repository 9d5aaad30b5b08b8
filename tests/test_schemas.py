"""What is made from the tables: vocabularies, pandera schemas and the features of the card."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pandera.errors import SchemaErrors

from eventbank import ontology as ontologies
from eventbank import tables
from eventbank.schemas import describe, features, json_schema, label_names, pandera_schema, vocabulary
from eventbank.tables import ARGUMENTS, DOCUMENTS, Column, Table

ONTOLOGY = ontologies.load(Path(__file__).parent.parent / "schema" / "ontology.yaml")
TABLES = tables.TABLES
ARGUMENT = {
    "doc_id": "d1", "event_id": "d1-E1", "event_type": "Weapon.Launch", "trigger_start": 1, "trigger_end": 2, "role": "Actor",
    "kind": "mention", "ref_id": "d1-M1", "start": 0, "end": 1, "text": "x"
}  # fmt: skip
DOCUMENT = {
    "doc_id": "d1", "text": "x", "language": "en", "dated": dt.date(2024, 1, 1), "dated_by": "text", "rights": {"redistribute": False},
    "raw_name": "d1.txt", "raw_sha256": "0" * 64, "text_sha256": "f" * 64, "zones": [{"kind": "body", "raw_start": 0, "raw_end": 1}],
    "alignment": [], "story_id": "d1", "split": "train", **{f"split_{n}": "held" for n in range(1, 6)},
}  # fmt: skip


def failures(table: Table, data: pa.Table) -> list[tuple[str, str]]:
    """Column (or table) and reason of everything that the schema refuses."""
    try:
        pandera_schema(table, ONTOLOGY).validate(data, lazy=True)
    except SchemaErrors as errors:
        return [(error.schema.name, error.reason_code.name) for error in errors.schema_errors]
    return []


def rows(table: Table, *given: dict[str, Any]) -> pa.Table:
    return table.table([dict.fromkeys(table.schema.names) | one for one in given])


# Vocabularies


def test_every_column_has_a_vocabulary_and_the_open_ones_an_empty_one() -> None:
    for table in TABLES:
        for _, column in table.walk():
            assert bool(vocabulary(column, ONTOLOGY)) == bool(column.names)


def test_vocabularies_stand_in_the_order_of_the_ontology() -> None:
    def names(of: str) -> tuple[str, ...]:
        return vocabulary(Column("x", pa.string(), "", names=of), ONTOLOGY)

    types = (*(term.name for term in ONTOLOGY.entity_types), *(term.name for term in ONTOLOGY.value_types))
    assert names("event_types") == tuple(kind.name for kind in ONTOLOGY.event_types)
    assert names("mention_types") == types == (*names("entity_types"), *names("value_types"))
    assert names("span_types") == (*types, *names("event_types"))
    assert names("levels") == ("NAM", "NOM", "PRO")
    assert names("polarity") == ("Positive", "Negative")
    assert names("realis") == ("Generic", "Actual", "Other")


# The pandera schema


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_empty_table_is_accepted(table: Table) -> None:
    assert failures(table, table.schema.empty_table()) == []


def test_good_rows_are_accepted() -> None:
    assert failures(ARGUMENTS, rows(ARGUMENTS, ARGUMENT, ARGUMENT | {"ref_id": "d1-M2"})) == []
    assert failures(DOCUMENTS, rows(DOCUMENTS, DOCUMENT, DOCUMENT | {"doc_id": "d2", "title": "T", "published": dt.date(2024, 1, 1)})) == []


@pytest.mark.parametrize("column", [column.name for column in ARGUMENTS.columns])
def test_null_is_refused_where_the_table_has_none(column: str) -> None:
    assert {name for name, _ in failures(ARGUMENTS, rows(ARGUMENTS, ARGUMENT | {column: None}))} == {column}


@pytest.mark.parametrize("column", ["event_type", "role", "kind"])
def test_unknown_label_is_refused(column: str) -> None:
    assert {name for name, _ in failures(ARGUMENTS, rows(ARGUMENTS, ARGUMENT | {column: "Nonsense"}))} == {column}


@pytest.mark.parametrize(("column", "value"), [("doc_id", "d 1"), ("doc_id", ""), ("raw_sha256", "0" * 63), ("text_sha256", "G" * 64)])
def test_value_of_another_form_is_refused(column: str, value: str) -> None:
    assert {name for name, _ in failures(DOCUMENTS, rows(DOCUMENTS, DOCUMENT | {column: value}))} == {column}


def test_wrong_type_is_refused() -> None:
    data = rows(ARGUMENTS, ARGUMENT)
    at = data.schema.get_field_index("start")
    assert {name for name, _ in failures(ARGUMENTS, data.set_column(at, "start", data["start"].cast(pa.int64())))} == {"start"}


def test_key_twice_is_refused() -> None:
    assert {name for name, _ in failures(DOCUMENTS, rows(DOCUMENTS, DOCUMENT, DOCUMENT))} == {"doc_id"}


def test_column_too_many_or_too_few_is_refused() -> None:
    data = rows(ARGUMENTS, ARGUMENT)
    assert failures(ARGUMENTS, data.append_column("colour", pa.array(["red"]))) == [("arguments", "COLUMN_NOT_IN_SCHEMA")]
    assert failures(ARGUMENTS, data.drop_columns(["role"])) == [("arguments", "COLUMN_NOT_IN_DATAFRAME")]


# The features of the card


def loaded(table: Table) -> Any:
    from datasets import Features

    return Features._from_yaml_list(features(table, label_names(ONTOLOGY)))


def as_strings(kind: pa.DataType) -> pa.DataType:
    """The type with int64 read as string: what a class label is for Arrow, and what the files hold."""
    if pa.types.is_list(kind):
        return pa.list_(as_strings(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(field.name, as_strings(field.type)) for field in kind])
    return pa.string() if kind == pa.int64() else kind


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_features_load_and_say_what_the_arrow_schema_says(table: Table) -> None:
    found = loaded(table).arrow_schema
    assert found.names == table.schema.names
    for field in table.schema:
        assert as_strings(found.field(field.name).type) == as_strings(field.type)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_class_labels_are_the_declared_columns_in_the_order_of_the_ontology(table: Table) -> None:
    from datasets import ClassLabel

    for path, column in table.walk():
        feature: Any = loaded(table)
        for name in path.split("."):
            feature = getattr(feature, "feature", feature)[name]
        feature = getattr(feature, "feature", feature)
        assert isinstance(feature, ClassLabel) == column.label
        if column.label:
            assert tuple(feature.names) == vocabulary(column, ONTOLOGY)


def test_documentation_names_every_path_once_with_type_and_choice() -> None:
    for table in TABLES:
        described = list(describe(table, ONTOLOGY))
        assert [path for path, _, _ in described] == [path for path, _ in table.walk()]
    found = {path: (kind, about) for path, kind, about in describe(DOCUMENTS, ONTOLOGY)}
    assert found["published"] == ("date32, may be null", "Date of publication as the page states it.")
    assert found["zones"][0] == "list of struct"
    assert found["split"][1].endswith("One of `train`, `validation`, `test`, `held`.")


# JSON Schema


def validator(table: Table) -> Any:
    import jsonschema

    schema = json_schema(table, ONTOLOGY)
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema, format_checker=kind.FORMAT_CHECKER)


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(row, default=dt.date.isoformat))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_row_of_the_dataset_is_valid_and_the_committed_schema_is_made_from_the_table(table: Table, release: Path) -> None:
    check, count = validator(table), 0
    for path in sorted(release.glob(f"{table.name}/*.parquet")):
        for row in pq.read_table(path).to_pylist():
            check.validate(as_json(row))
            count += 1
    assert count
    committed = Path(__file__).parent.parent / "schema" / "tables" / f"{table.name}.schema.json"
    assert json.loads(committed.read_text("utf-8")) == json_schema(table, ONTOLOGY), "run: eventbank build"


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"doc_id": "d 1"}, "$.doc_id"),
        ({"dated": "1 January"}, "$.dated"),
        ({"dated": None}, "$.dated"),
        ({"published": "1 January"}, "$.published"),
        ({"split": "dev"}, "$.split"),
        ({"zones": [{"kind": "body", "raw_start": 0.5, "raw_end": 1}]}, "$.zones[0].raw_start"),
        ({"zones": [{"kind": "sidebar", "raw_start": 0, "raw_end": 1}]}, "$.zones[0].kind"),
        ({"zones": [{"kind": "body", "raw_start": 0}]}, "$.zones[0]"),
        ({"alignment": [{"start": 2**31, "raw_start": 0, "length": 1}]}, "$.alignment[0].start"),
        ({"alignment": None}, "$.alignment"),
        ({"rights": {"holder": None, "statement": None, "redistribute": "no"}}, "$.rights.redistribute"),
        ({"mood": "calm"}, "$"),
    ],
    ids=str,
)
def test_a_row_of_another_form_is_refused_where_it_is_wrong(change: dict[str, Any], at: str) -> None:
    (row,) = (as_json(row) for row in rows(DOCUMENTS, DOCUMENT).to_pylist())
    assert list(validator(DOCUMENTS).iter_errors(row)) == []
    assert [error.json_path for error in validator(DOCUMENTS).iter_errors(row | change)] == [at]


def test_null_is_one_of_the_names_only_where_a_column_may_be_null() -> None:
    found = {table.name: json_schema(table, ONTOLOGY)["properties"] for table in TABLES}
    assert found["mentions"]["level"]["enum"] == ["NAM", "NOM", "PRO", None]
    assert found["arguments"]["kind"]["enum"] == ["mention", "event"]
