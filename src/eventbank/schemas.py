"""What other tools need of the tables: vocabularies, pandera schemas, features of the card, JSON Schema, documentation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from eventbank.ontology import Ontology
from eventbank.tables import Column, Table

if TYPE_CHECKING:
    from pandera.pyarrow import DataFrameSchema


def vocabulary(column: Column, ontology: Ontology | None) -> tuple[str, ...]:
    """The values that a column may hold, in their fixed order; empty where it is open.

    Raises:
        ValueError: without an ontology, for a column that takes its values from one.
    """
    if not isinstance(column.names, str):
        return column.names
    if ontology is None:
        raise ValueError(f"{column.name} takes its values from an ontology")
    entities, values = ([term.name for term in terms] for terms in (ontology.entity_types, ontology.value_types))
    lists: Mapping[str, Sequence[str]] = {
        "entity_types": entities,
        "value_types": values,
        "mention_types": [*entities, *values],
        "event_types": list(ontology.events),
        "span_types": [*entities, *values, *ontology.events],
        "roles": [role.name for role in ontology.roles],
        "levels": [level.name for level in ontology.levels],
        "realis": list(dict.fromkeys(rule.value for rule in ontology.realis_rules)),
    } | {attribute.name: [value.name for value in attribute.values] for attribute in ontology.attributes}
    return tuple(lists[column.names])


def label_names(ontology: Ontology) -> dict[str, list[str]]:
    """The lists of names that become class labels, in their order, which only grows."""
    return {
        "event_types": list(ontology.events),
        "entity_types": [term.name for term in ontology.entity_types],
        "value_types": [term.name for term in ontology.value_types],
        "roles": [role.name for role in ontology.roles],
    }


def pandera_schema(table: Table, ontology: Ontology | None = None) -> DataFrameSchema:
    """The checks of one table: Arrow types, nulls, unique keys, vocabularies and patterns of its columns, no other column.

    A table without labels needs no ontology.

    Values inside lists are checked for their type only; the flat tables `mentions` and `arguments` hold the same labels in columns. The
    type of a bare struct is left to `Table.schema`.
    """
    from pandera.pyarrow import Check, DataFrameSchema
    from pandera.pyarrow import Column as PanderaColumn

    def column(one: Column) -> Any:
        names = vocabulary(one, ontology)
        checks = [Check.isin(names)] if names and not one.many else []
        checks += [Check.str_matches(one.matches)] if one.matches else []
        dtype = None if pa.types.is_struct(one.arrow_type) else one.arrow_type  # pandera 0.35 knows no bare struct
        return PanderaColumn(dtype, checks=checks, nullable=one.null, unique=one.unique, description=one.about)

    return DataFrameSchema({one.name: column(one) for one in table.columns}, strict=True, name=table.name)


def features(table: Table, names: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """The features of a table as the YAML of a dataset card writes them, class labels included; `names` as `label_names` gives them."""

    def feature(column: Column) -> dict[str, Any]:
        inner: Any = [feature(field) for field in column.fields] or _dtype(column, names)
        if column.many:
            return {"name": column.name, "list": inner}
        return {"name": column.name, "struct" if column.fields else "dtype": inner}

    return [feature(column) for column in table.columns]


def _dtype(column: Column, names: Mapping[str, Sequence[str]]) -> Any:
    if column.label:
        return {"class_label": {"names": {str(at): name for at, name in enumerate(names[str(column.names)])}}}
    return {pa.bool_(): "bool", pa.date32(): "date32", pa.float64(): "float64"}.get(column.type, str(column.type))


def json_schema(table: Table, ontology: Ontology) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a row: dates as ISO 8601, every column present, null only where the table allows it."""

    def schema(column: Column) -> dict[str, Any]:
        inner = _object(column.fields, schema) if column.fields else _leaf(column, vocabulary(column, ontology))
        found = {"type": "array", "items": inner} if column.many else inner
        return {"description": column.about} | (_nullable(found) if column.null else found)

    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": table.name,
        "description": f"{table.row[:1].upper()}{table.row[1:]}.",
    }
    return head | _object(table.columns, schema)


def _object(columns: Sequence[Column], schema: Callable[[Column], dict[str, Any]]) -> dict[str, Any]:
    names = [column.name for column in columns]
    properties = {column.name: schema(column) for column in columns}
    return {"type": "object", "properties": properties, "required": names, "additionalProperties": False}


def _leaf(column: Column, names: Sequence[str]) -> dict[str, Any]:
    kind: Any = column.type
    if kind == pa.date32():
        return {"type": "string", "format": "date"}
    if pa.types.is_integer(kind):
        limit = 2 ** (kind.bit_width - 1)
        return {"type": "integer", "minimum": -limit, "maximum": limit - 1}
    found: dict[str, Any] = {"type": {pa.string(): "string", pa.bool_(): "boolean", pa.float64(): "number"}[kind]}
    return found | ({"enum": list(names)} if names else {}) | ({"pattern": column.matches} if column.matches else {})


def _nullable(found: dict[str, Any]) -> dict[str, Any]:
    return found | {"type": [found["type"], "null"]} | ({"enum": [*found["enum"], None]} if "enum" in found else {})


def describe(table: Table, ontology: Ontology) -> Iterator[tuple[str, str, str]]:
    """Path, type and description of every column and field, for documentation."""
    for path, column in table.walk():
        leaf = "struct" if column.fields else str(column.type).removesuffix("[day]")
        kind = f"list of {leaf}" if column.many else leaf
        names = vocabulary(column, ontology)
        choice = f" One of {', '.join(f'`{name}`' for name in names)}." if 0 < len(names) <= 8 else ""
        yield path, f"{kind}, may be null" if column.null else kind, f"{column.about}{choice}"
