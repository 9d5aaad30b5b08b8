"""YAML as settings: strict reading, with the line of every value, so that a mistake is reported where it stands.

Only plain data is built (YAML 1.1 safe types). A duplicate key, an alias and a document that is no mapping are refused. `Node` walks
the data by key and keeps the line; its readers (`text`, `integer`, `items`…) collect problems instead of raising, so that one run
reports everything.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from eventbank.errors import Code, EventBankError, Place, Problem

NOT_YAML = Code("E001", "the file is not valid YAML", "Mend the syntax at the line given.")
WRONG_SHAPE = Code("E002", "a setting is missing, unknown or of the wrong kind", "Give it as the documentation of the file describes.")

_FAILURES = (yaml.YAMLError, ValueError, ArithmeticError, LookupError, AttributeError)
"""What PyYAML raises for values that it cannot convert: besides its own errors, those of whatever converts them."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Node:
    """A value of a YAML file with the line it begins on; `path` is how it was reached, for messages."""

    value: Any
    file: str
    line: int
    path: str
    _children: dict[Any, Node] = field(default_factory=dict, repr=False)
    problems: list[Problem] = field(default_factory=list, repr=False)

    @property
    def place(self) -> Place:
        """Where the value stands, for problems."""
        return Place(file=self.file, line=self.line)

    def refuse(self, found: str, code: Code = WRONG_SHAPE) -> None:
        """Notes a problem at this value."""
        self.problems.append(code.at(self.place, f"{self.path or 'the file'}: {found}"))

    def __contains__(self, key: object) -> bool:
        return isinstance(self.value, dict) and key in self._children

    def only(self, known: Sequence[str]) -> None:
        """Refuses every key that is not among `known`."""
        if not isinstance(self.value, dict):
            return self.refuse("expected keys and values")
        for key, child in self._children.items():
            if key not in known:
                child.refuse(f"unknown key; known are {', '.join(known)}")
        return None

    def get(self, key: str) -> Node:
        """The value under a key; a missing one is a null at this node's line."""
        found = self._children.get(key)
        path = f"{self.path}.{key}" if self.path else key
        return found if found is not None else Node(None, self.file, self.line, path, problems=self.problems)

    def entries(self) -> Iterator[tuple[str, Node]]:
        """The keys and values of a mapping; a null has none."""
        if self.value is not None and not isinstance(self.value, dict):
            self.refuse("expected keys and values")
        elif self.value:
            for key, child in self._children.items():
                if isinstance(key, str):
                    yield key, child
                else:
                    child.refuse(f"the key {key!r} is no text; put it in quotes")

    def items(self) -> Iterator[Node]:
        """The items of a list; a null has none."""
        if self.value is not None and not isinstance(self.value, list):
            self.refuse("expected a list")
        elif self.value:
            yield from self._children.values()

    def text(self, *, required: bool = False) -> str | None:
        """The value as text: None for null, or (with a problem) when it is something else."""
        if self.value is None and not required:
            return None
        if isinstance(self.value, str) and self.value.strip():
            return self.value
        self.refuse("expected text" if self.value is not None else "missing")
        return None

    def name(self) -> str:
        """The value as text that must be there; "" with a problem when it is not."""
        return self.text(required=True) or ""

    def texts(self) -> tuple[str, ...]:
        """The value as a list of texts."""
        return tuple(item.name() for item in self.items())

    def integer(self, default: int | None = None) -> int:
        """The value as an integer; `default` where it is missing."""
        if self.value is None and default is not None:
            return default
        if isinstance(self.value, int) and not isinstance(self.value, bool):
            return self.value
        self.refuse("expected a whole number")
        return 0

    def flag(self, default: bool = False) -> bool:
        """The value as true or false; `default` where it is missing."""
        if self.value is None:
            return default
        if isinstance(self.value, bool):
            return self.value
        self.refuse("expected true or false")
        return default

    def date(self) -> dt.date | None:
        """The value as a date, YYYY-MM-DD."""
        if self.value is None:
            return None
        if isinstance(self.value, dt.date) and not isinstance(self.value, dt.datetime):
            return self.value
        quoted = isinstance(self.value, str) and _DAY.fullmatch(self.value)
        self.refuse(f"expected a date as {self.value}, without quotes" if quoted else "expected a date as YYYY-MM-DD, without quotes")
        return None


def parse(text: str, file: str) -> Node:
    """The content of a YAML file as a `Node`; an empty file is an empty mapping. `file` names it in messages.

    Raises:
        EventBankError: E001 when it is not YAML, names a key twice, uses an alias, or holds what cannot be stored as text.
    """
    tree = _compose(text, file)
    problems: list[Problem] = []
    if tree is None:
        return Node({}, file, 1, "", problems=problems)
    constructor = yaml.SafeLoader("")

    def build(node: yaml.Node, path: str) -> Node:
        place = Place(file=file, line=node.start_mark.line + 1)
        children: dict[Any, Node] = {}
        if isinstance(node, yaml.MappingNode):
            for key_node, value_node in node.value:
                where = Place(file=file, line=key_node.start_mark.line + 1)
                if not isinstance(key_node, yaml.ScalarNode):
                    raise EventBankError(NOT_YAML.at(where, "a key is no plain value"))
                key = _scalar(constructor, key_node, where)
                if key in children:
                    raise EventBankError(NOT_YAML.at(where, f"the key {key!r} stands twice"))
                children[key] = build(value_node, f"{path}.{key}" if path else str(key))
            value: Any = {key: child.value for key, child in children.items()}
        elif isinstance(node, yaml.SequenceNode):
            children = {at: build(item, f"{path}[{at}]") for at, item in enumerate(node.value)}
            value = [child.value for child in children.values()]
        else:
            value = _scalar(constructor, node, place)
        return Node(value, file, place.line, path, children, problems)

    return build(tree, "")


def load(path: Path, file: str) -> Node:
    """As `parse`, from a file in UTF-8.

    Raises:
        EventBankError: E001, also when the file cannot be read or is not UTF-8.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise EventBankError(NOT_YAML.at(Place(file=file), str(error.strerror))) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise EventBankError(NOT_YAML.at(Place(file=file, line=line), f"byte {error.start} is not UTF-8")) from None
    return parse(text, file)


class _Loader(yaml.SafeLoader):
    """PyYAML's loader of plain data, without aliases."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """The next node of the file; an alias is refused where it stands."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases are not allowed; write the value out", mark)
        return super().compose_node(parent, index)


def _compose(text: str, file: str) -> yaml.Node | None:
    """The tree of nodes; None for an empty file."""
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        place = Place(file=file, line=text.count("\n", 0, error.position) + 1)
        raise EventBankError(NOT_YAML.at(place, f"the character U+{ord(text[error.position]):04X} is not allowed")) from None
    try:
        return loader.get_single_node()
    except (*_FAILURES, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        found = "the values are nested too deep" if isinstance(error, RecursionError) else str(getattr(error, "problem", None) or error)
        raise EventBankError(NOT_YAML.at(Place(file=file, line=(mark or loader).line + 1), found)) from None


def _scalar(constructor: yaml.SafeLoader, node: yaml.Node, place: Place) -> Any:
    """The plain value of a node; what PyYAML cannot make a value of, and half a character, is refused."""
    try:
        value = constructor.construct_object(node, deep=True)
    except _FAILURES:
        raise EventBankError(NOT_YAML.at(place, f"{node.value[:40]!r} cannot be read as {node.tag.rpartition(':')[2]}")) from None
    if isinstance(value, str) and _SURROGATE.search(value):
        raise EventBankError(NOT_YAML.at(place, f"{value!r} holds a lone surrogate"))
    return value
